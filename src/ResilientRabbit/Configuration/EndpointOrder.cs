namespace ResilientRabbit;

/// <summary>Says in which order endpoints are tried. With either, one that just failed comes last and the connections of a client spread.</summary>
public enum EndpointOrder
{
    /// <summary>In the configured order, from a random start.</summary>
    RoundRobin,

    /// <summary>At random each time.</summary>
    Shuffle,
}
