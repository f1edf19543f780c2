namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class queue (50).</summary>
internal static class AmqpQueue
{
    internal readonly record struct Declare(string Queue, bool Passive, bool Durable, bool Exclusive, bool AutoDelete, bool NoWait, AmqpTable Arguments)
        : IAmqpMethod<Declare>
    {
        public static AmqpMethod Id => AmqpMethod.QueueDeclare;

        public static Declare Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.Bit(0), reader.Bit(1), reader.Bit(2), reader.Bit(3), reader.Bit(4), reader.Table());
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Queue).Bits(Passive, Durable, Exclusive, AutoDelete, NoWait).Table(Arguments);
    }

    internal readonly record struct DeclareOk(string Queue, uint MessageCount, uint ConsumerCount) : IAmqpMethod<DeclareOk>
    {
        public static AmqpMethod Id => AmqpMethod.QueueDeclareOk;

        public static DeclareOk Read(ref WireReader reader) => new(reader.ShortString(), reader.Long(), reader.Long());

        public void Write(WireWriter writer) => writer.ShortString(Queue).Long(MessageCount).Long(ConsumerCount);
    }

    internal readonly record struct Bind(string Queue, string Exchange, string RoutingKey, bool NoWait, AmqpTable Arguments) : IAmqpMethod<Bind>
    {
        public static AmqpMethod Id => AmqpMethod.QueueBind;

        public static Bind Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Table());
        }

        public void Write(WireWriter writer)
            => writer.Short(0).ShortString(Queue).ShortString(Exchange).ShortString(RoutingKey).Bits(NoWait).Table(Arguments);
    }

    internal readonly record struct BindOk : IAmqpMethod<BindOk>
    {
        public static AmqpMethod Id => AmqpMethod.QueueBindOk;

        public static BindOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Purge(string Queue, bool NoWait) : IAmqpMethod<Purge>
    {
        public static AmqpMethod Id => AmqpMethod.QueuePurge;

        public static Purge Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.Bit(0));
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Queue).Bits(NoWait);
    }

    internal readonly record struct PurgeOk(uint MessageCount) : IAmqpMethod<PurgeOk>
    {
        public static AmqpMethod Id => AmqpMethod.QueuePurgeOk;

        public static PurgeOk Read(ref WireReader reader) => new(reader.Long());

        public void Write(WireWriter writer) => writer.Long(MessageCount);
    }

    internal readonly record struct Delete(string Queue, bool IfUnused, bool IfEmpty, bool NoWait) : IAmqpMethod<Delete>
    {
        public static AmqpMethod Id => AmqpMethod.QueueDelete;

        public static Delete Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.Bit(0), reader.Bit(1), reader.Bit(2));
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Queue).Bits(IfUnused, IfEmpty, NoWait);
    }

    internal readonly record struct DeleteOk(uint MessageCount) : IAmqpMethod<DeleteOk>
    {
        public static AmqpMethod Id => AmqpMethod.QueueDeleteOk;

        public static DeleteOk Read(ref WireReader reader) => new(reader.Long());

        public void Write(WireWriter writer) => writer.Long(MessageCount);
    }

    internal readonly record struct Unbind(string Queue, string Exchange, string RoutingKey, AmqpTable Arguments) : IAmqpMethod<Unbind>
    {
        public static AmqpMethod Id => AmqpMethod.QueueUnbind;

        public static Unbind Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.ShortString(), reader.Table());
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Queue).ShortString(Exchange).ShortString(RoutingKey).Table(Arguments);
    }

    internal readonly record struct UnbindOk : IAmqpMethod<UnbindOk>
    {
        public static AmqpMethod Id => AmqpMethod.QueueUnbindOk;

        public static UnbindOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
