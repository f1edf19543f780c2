namespace ResilientRabbit.Publishing;

/// <summary>What of a message the broker has objected to.</summary>
internal enum OffenceKind
{
    /// <summary>Its exchange does not exist, or may not be written to.</summary>
    Exchange,

    /// <summary>It is larger than the broker allows.</summary>
    Size,

    /// <summary>It bears another user's id.</summary>
    User,
}
