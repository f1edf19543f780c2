namespace ResilientRabbit.Samples.Consumer;

internal sealed class ConsumerSettings
{
    public string Queue { get; set; } = "demo";

    /// <summary>How many to handle before the sample ends by itself; 0 for no end.</summary>
    public int Count { get; set; }
}
