namespace ResilientRabbit.ProtocolTests.Raw;

/// <summary>What a connection.close or a channel.close says.</summary>
public sealed record RawClose(ushort Code, string Text, ushort ClassId, ushort MethodId)
{
    public static RawClose Read(RawFrame frame)
    {
        ArgumentReader arguments = frame.Arguments;
        return new RawClose(arguments.Short(), arguments.ShortString(), arguments.Short(), arguments.Short());
    }
}
