namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class channel (20).</summary>
internal static class AmqpChannel
{
    internal readonly record struct Open(string OutOfBand = "") : IAmqpMethod<Open>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelOpen;

        public static Open Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(OutOfBand);
    }

    internal readonly record struct OpenOk(string ChannelId = "") : IAmqpMethod<OpenOk>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelOpenOk;

        public static OpenOk Read(ref WireReader reader) => new(reader.LongString());

        public void Write(WireWriter writer) => writer.LongString(ChannelId);
    }

    internal readonly record struct Flow(bool Active) : IAmqpMethod<Flow>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelFlow;

        public static Flow Read(ref WireReader reader) => new(reader.Bit(0));

        public void Write(WireWriter writer) => writer.Bits(Active);
    }

    internal readonly record struct FlowOk(bool Active) : IAmqpMethod<FlowOk>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelFlowOk;

        public static FlowOk Read(ref WireReader reader) => new(reader.Bit(0));

        public void Write(WireWriter writer) => writer.Bits(Active);
    }

    internal readonly record struct Close(ushort ReplyCode, string ReplyText, ushort ClassId, ushort MethodId) : IAmqpMethod<Close>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelClose;

        public static Close Read(ref WireReader reader) => new(reader.Short(), reader.ShortString(), reader.Short(), reader.Short());

        public void Write(WireWriter writer) => writer.Short(ReplyCode).ShortString(ReplyText).Short(ClassId).Short(MethodId);
    }

    internal readonly record struct CloseOk : IAmqpMethod<CloseOk>
    {
        public static AmqpMethod Id => AmqpMethod.ChannelCloseOk;

        public static CloseOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
