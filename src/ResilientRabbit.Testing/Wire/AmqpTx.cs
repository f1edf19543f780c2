namespace ResilientRabbit.Testing.Wire;

/// <summary>The methods of the class tx (90).</summary>
internal static class AmqpTx
{
    internal readonly record struct Select : IAmqpMethod<Select>
    {
        public static AmqpMethod Id => AmqpMethod.TxSelect;

        public static Select Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct SelectOk : IAmqpMethod<SelectOk>
    {
        public static AmqpMethod Id => AmqpMethod.TxSelectOk;

        public static SelectOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Commit : IAmqpMethod<Commit>
    {
        public static AmqpMethod Id => AmqpMethod.TxCommit;

        public static Commit Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct CommitOk : IAmqpMethod<CommitOk>
    {
        public static AmqpMethod Id => AmqpMethod.TxCommitOk;

        public static CommitOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct Rollback : IAmqpMethod<Rollback>
    {
        public static AmqpMethod Id => AmqpMethod.TxRollback;

        public static Rollback Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }

    internal readonly record struct RollbackOk : IAmqpMethod<RollbackOk>
    {
        public static AmqpMethod Id => AmqpMethod.TxRollbackOk;

        public static RollbackOk Read(ref WireReader reader) => default;

        public void Write(WireWriter writer)
        {
        }
    }
}
