namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class exchange (40).</summary>
internal static class AmqpExchange
{
    internal readonly record struct Declare(string Exchange, string Type, bool Passive, bool Durable, bool AutoDelete, bool Internal, bool NoWait, AmqpTable Arguments)
        : IAmqpMethod<Declare>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeDeclare;

        public static Declare Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Bit(1), reader.Bit(2), reader.Bit(3), reader.Bit(4), reader.Table());
        }

        public void Write(WireWriter writer)
            => writer.Short(0).ShortString(Exchange).ShortString(Type).Bits(Passive, Durable, AutoDelete, Internal, NoWait).Table(Arguments);
    }

    internal readonly record struct DeclareOk : IAmqpMethod<DeclareOk>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeDeclareOk;

        public static DeclareOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Delete(string Exchange, bool IfUnused, bool NoWait) : IAmqpMethod<Delete>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeDelete;

        public static Delete Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.Bit(0), reader.Bit(1));
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Exchange).Bits(IfUnused, NoWait);
    }

    internal readonly record struct DeleteOk : IAmqpMethod<DeleteOk>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeDeleteOk;

        public static DeleteOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Bind(string Destination, string Source, string RoutingKey, bool NoWait, AmqpTable Arguments) : IAmqpMethod<Bind>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeBind;

        public static Bind Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Table());
        }

        public void Write(WireWriter writer)
            => writer.Short(0).ShortString(Destination).ShortString(Source).ShortString(RoutingKey).Bits(NoWait).Table(Arguments);
    }

    internal readonly record struct BindOk : IAmqpMethod<BindOk>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeBindOk;

        public static BindOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Unbind(string Destination, string Source, string RoutingKey, bool NoWait, AmqpTable Arguments) : IAmqpMethod<Unbind>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeUnbind;

        public static Unbind Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Table());
        }

        public void Write(WireWriter writer)
            => writer.Short(0).ShortString(Destination).ShortString(Source).ShortString(RoutingKey).Bits(NoWait).Table(Arguments);
    }

    internal readonly record struct UnbindOk : IAmqpMethod<UnbindOk>
    {
        public static AmqpMethod Id => AmqpMethod.ExchangeUnbindOk;

        public static UnbindOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
