namespace ResilientRabbit.Diagnostics;

/// <summary>What the observable instruments read of a bridge, when somebody collects. Thread-safe, quick, never throws.</summary>
internal interface IMeasuredBridge
{
    string Name { get; }

    long Forwarded { get; }

    long Refused { get; }

    long Loops { get; }

    long Requeued { get; }

    int InFlight { get; }

    /// <summary>How long the oldest message has been waiting for the far side; zero when there is none.</summary>
    TimeSpan OldestAge { get; }

    /// <summary>How old the last forwarded message was by its timestamp; null when none had one.</summary>
    TimeSpan? Lag { get; }
}
