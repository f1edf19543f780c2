namespace ResilientRabbit.Testing.Wire;

/// <summary>A field table. Values are of the .NET types that <see cref="FieldCodec"/> lists; names are compared by their bytes.</summary>
internal sealed class AmqpTable : Dictionary<string, object?>
{
    public AmqpTable()
        : base(StringComparer.Ordinal)
    {
    }

    public AmqpTable(IEnumerable<KeyValuePair<string, object?>> entries)
        : base(entries, StringComparer.Ordinal)
    {
    }

    /// <summary>A table that nobody may change: for arguments that are absent.</summary>
    public static AmqpTable Empty => new();
}
