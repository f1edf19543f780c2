namespace ResilientRabbit.Samples.Producer;

internal sealed class ProducerOptions
{
    public string Queue { get; set; } = "demo";

    /// <summary>Messages per second.</summary>
    public int Rate { get; set; } = 100;

    /// <summary>How many to publish; 0 for no end.</summary>
    public int Count { get; set; }
}
