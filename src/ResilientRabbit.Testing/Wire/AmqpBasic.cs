namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class basic (60).</summary>
internal static class AmqpBasic
{
    internal readonly record struct Qos(uint PrefetchSize, ushort PrefetchCount, bool Global) : IAmqpMethod<Qos>
    {
        public static AmqpMethod Id => AmqpMethod.BasicQos;

        public static Qos Read(ref WireReader reader) => new(reader.Long(), reader.Short(), reader.Bit(0));

        public void Write(WireWriter writer) => writer.Long(PrefetchSize).Short(PrefetchCount).Bits(Global);
    }

    internal readonly record struct QosOk : IAmqpMethod<QosOk>
    {
        public static AmqpMethod Id => AmqpMethod.BasicQosOk;

        public static QosOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Consume(string Queue, string ConsumerTag, bool NoLocal, bool NoAck, bool Exclusive, bool NoWait, AmqpTable Arguments)
        : IAmqpMethod<Consume>
    {
        public static AmqpMethod Id => AmqpMethod.BasicConsume;

        public static Consume Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Bit(1), reader.Bit(2), reader.Bit(3), reader.Table());
        }

        public void Write(WireWriter writer)
            => writer.Short(0).ShortString(Queue).ShortString(ConsumerTag).Bits(NoLocal, NoAck, Exclusive, NoWait).Table(Arguments);
    }

    internal readonly record struct ConsumeOk(string ConsumerTag) : IAmqpMethod<ConsumeOk>
    {
        public static AmqpMethod Id => AmqpMethod.BasicConsumeOk;

        public static ConsumeOk Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(ConsumerTag);
    }

    internal readonly record struct Cancel(string ConsumerTag, bool NoWait) : IAmqpMethod<Cancel>
    {
        public static AmqpMethod Id => AmqpMethod.BasicCancel;

        public static Cancel Read(ref WireReader reader) => new(reader.ShortString(), reader.Bit(0));

        public void Write(WireWriter writer) => writer.ShortString(ConsumerTag).Bits(NoWait);
    }

    internal readonly record struct CancelOk(string ConsumerTag) : IAmqpMethod<CancelOk>
    {
        public static AmqpMethod Id => AmqpMethod.BasicCancelOk;

        public static CancelOk Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(ConsumerTag);
    }

    internal readonly record struct Publish(string Exchange, string RoutingKey, bool Mandatory, bool Immediate) : IAmqpMethod<Publish>
    {
        public static AmqpMethod Id => AmqpMethod.BasicPublish;

        public static Publish Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.ShortString(), reader.Bit(0), reader.Bit(1));
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Exchange).ShortString(RoutingKey).Bits(Mandatory, Immediate);
    }

    internal readonly record struct Return(ushort ReplyCode, string ReplyText, string Exchange, string RoutingKey) : IAmqpMethod<Return>
    {
        public static AmqpMethod Id => AmqpMethod.BasicReturn;

        public static Return Read(ref WireReader reader) => new(reader.Short(), reader.ShortString(), reader.ShortString(), reader.ShortString());

        public void Write(WireWriter writer) => writer.Short(ReplyCode).ShortString(ReplyText).ShortString(Exchange).ShortString(RoutingKey);
    }

    internal readonly record struct Deliver(string ConsumerTag, ulong DeliveryTag, bool Redelivered, string Exchange, string RoutingKey)
        : IAmqpMethod<Deliver>
    {
        public static AmqpMethod Id => AmqpMethod.BasicDeliver;

        public static Deliver Read(ref WireReader reader) => new(reader.ShortString(), reader.LongLong(), reader.Bit(0), reader.ShortString(), reader.ShortString());

        public void Write(WireWriter writer)
            => writer.ShortString(ConsumerTag).LongLong(DeliveryTag).Bits(Redelivered).ShortString(Exchange).ShortString(RoutingKey);
    }

    internal readonly record struct Get(string Queue, bool NoAck) : IAmqpMethod<Get>
    {
        public static AmqpMethod Id => AmqpMethod.BasicGet;

        public static Get Read(ref WireReader reader)
        {
            reader.Short();
            return new(reader.ShortString(), reader.Bit(0));
        }

        public void Write(WireWriter writer) => writer.Short(0).ShortString(Queue).Bits(NoAck);
    }

    internal readonly record struct GetOk(ulong DeliveryTag, bool Redelivered, string Exchange, string RoutingKey, uint MessageCount) : IAmqpMethod<GetOk>
    {
        public static AmqpMethod Id => AmqpMethod.BasicGetOk;

        public static GetOk Read(ref WireReader reader) => new(reader.LongLong(), reader.Bit(0), reader.ShortString(), reader.ShortString(), reader.Long());

        public void Write(WireWriter writer)
            => writer.LongLong(DeliveryTag).Bits(Redelivered).ShortString(Exchange).ShortString(RoutingKey).Long(MessageCount);
    }

    internal readonly record struct GetEmpty(string ClusterId = "") : IAmqpMethod<GetEmpty>
    {
        public static AmqpMethod Id => AmqpMethod.BasicGetEmpty;

        public static GetEmpty Read(ref WireReader reader) => new(reader.ShortString());

        public void Write(WireWriter writer) => writer.ShortString(ClusterId);
    }

    internal readonly record struct Ack(ulong DeliveryTag, bool Multiple) : IAmqpMethod<Ack>
    {
        public static AmqpMethod Id => AmqpMethod.BasicAck;

        public static Ack Read(ref WireReader reader) => new(reader.LongLong(), reader.Bit(0));

        public void Write(WireWriter writer) => writer.LongLong(DeliveryTag).Bits(Multiple);
    }

    internal readonly record struct Reject(ulong DeliveryTag, bool Requeue) : IAmqpMethod<Reject>
    {
        public static AmqpMethod Id => AmqpMethod.BasicReject;

        public static Reject Read(ref WireReader reader) => new(reader.LongLong(), reader.Bit(0));

        public void Write(WireWriter writer) => writer.LongLong(DeliveryTag).Bits(Requeue);
    }

    internal readonly record struct RecoverAsync(bool Requeue) : IAmqpMethod<RecoverAsync>
    {
        public static AmqpMethod Id => AmqpMethod.BasicRecoverAsync;

        public static RecoverAsync Read(ref WireReader reader) => new(reader.Bit(0));

        public void Write(WireWriter writer) => writer.Bits(Requeue);
    }

    internal readonly record struct Recover(bool Requeue) : IAmqpMethod<Recover>
    {
        public static AmqpMethod Id => AmqpMethod.BasicRecover;

        public static Recover Read(ref WireReader reader) => new(reader.Bit(0));

        public void Write(WireWriter writer) => writer.Bits(Requeue);
    }

    internal readonly record struct RecoverOk : IAmqpMethod<RecoverOk>
    {
        public static AmqpMethod Id => AmqpMethod.BasicRecoverOk;

        public static RecoverOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Nack(ulong DeliveryTag, bool Multiple, bool Requeue) : IAmqpMethod<Nack>
    {
        public static AmqpMethod Id => AmqpMethod.BasicNack;

        public static Nack Read(ref WireReader reader) => new(reader.LongLong(), reader.Bit(0), reader.Bit(1));

        public void Write(WireWriter writer) => writer.LongLong(DeliveryTag).Bits(Multiple, Requeue);
    }
}
