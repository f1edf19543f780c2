using RabbitMQ.Client.Events;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>How the broker said no.</summary>
public sealed record Refusal(ushort Code, string Text, ushort ClassId, ushort MethodId)
{
    public static Refusal From(ShutdownEventArgs reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return new Refusal(reason.ReplyCode, reason.ReplyText, reason.ClassId, reason.MethodId);
    }
}
