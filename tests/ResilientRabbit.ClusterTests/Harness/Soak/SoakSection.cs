namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The part of a soak run's page that a result belongs to.</summary>
public enum SoakSection
{
    /// <summary>Many strikes: percentiles, beside the bare prober and the bare client.</summary>
    Sockets,

    /// <summary>Few strikes, every value.</summary>
    Nodes,

    /// <summary>Many strikes of a silent network: percentiles, beside the limits that heartbeat and stall limit set.</summary>
    Silence,
}
