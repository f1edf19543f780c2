namespace ResilientRabbit.Samples.SiteBridge;

internal sealed class BridgeSettings
{
    /// <summary>The queue of the near site that is read.</summary>
    public string Queue { get; set; } = "demo";

    /// <summary>The queue of the far site that gets the messages.</summary>
    public string Target { get; set; } = "demo.far";

    /// <summary>How many to forward before the sample ends by itself; 0 for no end.</summary>
    public int Count { get; set; }
}
