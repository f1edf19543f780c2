namespace ResilientRabbit.Diagnostics;

/// <summary>What the observable instruments read of a client, when somebody collects. Thread-safe, quick, never throws.</summary>
internal interface IMeasuredClient
{
    /// <summary>All counts of one instant.</summary>
    PublishCounts Counts { get; }

    /// <summary>Messages on the wire without an answer.</summary>
    int InFlight { get; }

    /// <summary>How long the oldest message without an outcome has been waiting for it; zero when there is none.</summary>
    TimeSpan OldestUnconfirmed { get; }

    IReadOnlyList<ConnectionStatus> Connections { get; }

    IReadOnlyList<SubscriptionStatus> Subscriptions { get; }

    /// <summary>The endpoints, and whether each is avoided for the moment.</summary>
    IReadOnlyList<(string Host, int Port, bool IsQuarantined)> Endpoints { get; }
}
