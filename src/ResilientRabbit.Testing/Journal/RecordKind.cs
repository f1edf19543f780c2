namespace ResilientRabbit.Testing.Journal;

/// <summary>In which form a record holds its command.</summary>
internal enum RecordKind
{
    /// <summary>All of its frames.</summary>
    Whole,

    /// <summary>Its method and its header; of the body the length and the hash.</summary>
    Hashed,

    /// <summary>As an entry, which lies beside the bytes: for what is rare or must not be kept as it came.</summary>
    Described,
}
