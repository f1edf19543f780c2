namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class confirm (85).</summary>
internal static class AmqpConfirm
{
    internal readonly record struct Select(bool NoWait) : IAmqpMethod<Select>
    {
        public static AmqpMethod Id => AmqpMethod.ConfirmSelect;

        public static Select Read(ref WireReader reader) => new(reader.Bit(0));

        public void Write(WireWriter writer) => writer.Bits(NoWait);
    }

    internal readonly record struct SelectOk : IAmqpMethod<SelectOk>
    {
        public static AmqpMethod Id => AmqpMethod.ConfirmSelectOk;

        public static SelectOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
