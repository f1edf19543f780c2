namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class connection (10).</summary>
internal static class AmqpConnection
{
    internal readonly record struct Start(byte VersionMajor, byte VersionMinor, AmqpTable ServerProperties, string Mechanisms, string Locales)
        : IAmqpMethod<Start>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionStart;

        public static Start Read(ref WireReader reader) => new(reader.Octet(), reader.Octet(), reader.Table(), reader.LongString(), reader.LongString());

        public void Write(WireWriter writer)
            => writer.Octet(VersionMajor).Octet(VersionMinor).Table(ServerProperties).LongString(Mechanisms).LongString(Locales);
    }

    internal readonly record struct StartOk(AmqpTable ClientProperties, string Mechanism, byte[] Response, string Locale) : IAmqpMethod<StartOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionStartOk;

        public static StartOk Read(ref WireReader reader) => new(reader.Table(), reader.ShortString(), reader.LongBytes(), reader.ShortString());

        public void Write(WireWriter writer) => writer.Table(ClientProperties).ShortString(Mechanism).LongBytes(Response).ShortString(Locale);
    }

    internal readonly record struct Secure(byte[] Challenge) : IAmqpMethod<Secure>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionSecure;

        public static Secure Read(ref WireReader reader) => new(reader.LongBytes());

        public void Write(WireWriter writer) => writer.LongBytes(Challenge);
    }

    internal readonly record struct SecureOk(byte[] Response) : IAmqpMethod<SecureOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionSecureOk;

        public static SecureOk Read(ref WireReader reader) => new(reader.LongBytes());

        public void Write(WireWriter writer) => writer.LongBytes(Response);
    }

    internal readonly record struct Tune(ushort ChannelMax, uint FrameMax, ushort Heartbeat) : IAmqpMethod<Tune>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionTune;

        public static Tune Read(ref WireReader reader) => new(reader.Short(), reader.Long(), reader.Short());

        public void Write(WireWriter writer) => writer.Short(ChannelMax).Long(FrameMax).Short(Heartbeat);
    }

    internal readonly record struct TuneOk(ushort ChannelMax, uint FrameMax, ushort Heartbeat) : IAmqpMethod<TuneOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionTuneOk;

        public static TuneOk Read(ref WireReader reader) => new(reader.Short(), reader.Long(), reader.Short());

        public void Write(WireWriter writer) => writer.Short(ChannelMax).Long(FrameMax).Short(Heartbeat);
    }

    internal readonly record struct Open(string VirtualHost, string Capabilities = "", bool Insist = false) : IAmqpMethod<Open>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionOpen;

        public static Open Read(ref WireReader reader) => new(reader.ShortString(), reader.ShortString(), reader.Bit(0));

        public void Write(WireWriter writer) => writer.ShortString(VirtualHost).ShortString(Capabilities).Bits(Insist);
    }

    internal readonly record struct OpenOk(string KnownHosts = "") : IAmqpMethod<OpenOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionOpenOk;

        public static OpenOk Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(KnownHosts);
    }

    internal readonly record struct Close(ushort ReplyCode, string ReplyText, ushort ClassId, ushort MethodId) : IAmqpMethod<Close>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionClose;

        public static Close Read(ref WireReader reader) => new(reader.Short(), reader.ShortString(), reader.Short(), reader.Short());

        public void Write(WireWriter writer) => writer.Short(ReplyCode).ShortString(ReplyText).Short(ClassId).Short(MethodId);
    }

    internal readonly record struct CloseOk : IAmqpMethod<CloseOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionCloseOk;

        public static CloseOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Blocked(string Reason) : IAmqpMethod<Blocked>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionBlocked;

        public static Blocked Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(Reason);
    }

    internal readonly record struct Unblocked : IAmqpMethod<Unblocked>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionUnblocked;

        public static Unblocked Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct UpdateSecret(byte[] NewSecret, string Reason) : IAmqpMethod<UpdateSecret>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionUpdateSecret;

        public static UpdateSecret Read(ref WireReader reader) => new(reader.LongBytes(), reader.ShortString());

        public void Write(WireWriter writer) => writer.LongBytes(NewSecret).ShortString(Reason);
    }

    internal readonly record struct UpdateSecretOk : IAmqpMethod<UpdateSecretOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConnectionUpdateSecretOk;

        public static UpdateSecretOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
