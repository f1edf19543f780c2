namespace ResilientRabbit.Testing.Model;

/// <summary>What a queue did with a message.</summary>
internal enum PublishOutcome
{
    /// <summary>It has it, or has dealt with it by its rules: it may be confirmed.</summary>
    Accepted,

    /// <summary>It refused it: it has to be nacked.</summary>
    Rejected,

    /// <summary>It can neither take nor refuse it now; the ticket will be told.</summary>
    Held,
}
