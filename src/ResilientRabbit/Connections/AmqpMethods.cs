namespace ResilientRabbit.Connections;

/// <summary>Class and method numbers as they stand at the beginning of a method frame's payload (AMQP 0-9-1, section 1.2).</summary>
internal static class AmqpMethods
{
    public const uint ConnectionStart = (10 << 16) | 10;
    public const uint ConnectionClose = (10 << 16) | 50;
    public const uint ConnectionCloseOk = (10 << 16) | 51;
    public const uint ConnectionBlocked = (10 << 16) | 60;
    public const uint ChannelOpen = (20 << 16) | 10;
    public const uint ChannelClose = (20 << 16) | 40;
    public const uint ChannelCloseOk = (20 << 16) | 41;
    public const uint BasicPublish = (60 << 16) | 40;
    public const uint BasicReturn = (60 << 16) | 50;
    public const uint BasicDeliver = (60 << 16) | 60;
    public const uint BasicGet = (60 << 16) | 70;
    public const uint BasicGetOk = (60 << 16) | 71;
    public const uint BasicGetEmpty = (60 << 16) | 72;
    public const uint BasicAck = (60 << 16) | 80;
    public const uint BasicNack = (60 << 16) | 120;
}
