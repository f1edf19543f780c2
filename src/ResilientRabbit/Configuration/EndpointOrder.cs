namespace ResilientRabbit;

/// <summary>Says in which order endpoints are tried. One that just failed comes last, whatever the order.</summary>
public enum EndpointOrder
{
    /// <summary>In the configured order, from a random start; the connections of a client spread.</summary>
    RoundRobin,

    /// <summary>At random each time; the connections of a client spread.</summary>
    Shuffle,

    /// <summary>
    /// Always the first of the configured list that is well: all connections go to the same endpoint, and the later ones are for the time in which the earlier ones fail. With
    /// <see cref="ResilientRabbitOptions.FailBackDelay"/> connections go back to an earlier one that is well again.
    /// </summary>
    Ordered,
}
