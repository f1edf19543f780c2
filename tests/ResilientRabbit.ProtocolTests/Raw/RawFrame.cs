using System.Globalization;

namespace ResilientRabbit.ProtocolTests.Raw;

/// <summary>One frame as it came.</summary>
public sealed record RawFrame(byte Type, ushort Channel, ReadOnlyMemory<byte> Payload)
{
    public const byte MethodType = 1;
    public const byte HeaderType = 2;
    public const byte BodyType = 3;
    public const byte HeartbeatType = 8;

    /// <summary>"class.method" for a method, such as "10.50"; the kind for others.</summary>
    public string Name => Type switch
    {
        MethodType => string.Create(CultureInfo.InvariantCulture, $"{ClassId}.{MethodId}"),
        HeaderType => "header",
        BodyType => "body",
        HeartbeatType => "heartbeat",
        _ => string.Create(CultureInfo.InvariantCulture, $"type {Type}"),
    };

    public ArgumentReader Arguments
    {
        get
        {
            var reader = new ArgumentReader(Payload);
            reader.Long();
            return reader;
        }
    }

    private ushort ClassId => new ArgumentReader(Payload).Short();

    private ushort MethodId => new ArgumentReader(Payload[2..]).Short();
}
