namespace ResilientRabbit.Benchmarks.Running;

/// <summary>What the contenders publish to.</summary>
/// <param name="Name">For the headings of the report.</param>
/// <param name="Port">On the loopback interface.</param>
/// <param name="RoutingKey">On the default exchange.</param>
/// <param name="Mandatory">Whether an unroutable message would be returned.</param>
/// <param name="Count">Messages of one measurement, before the contender's share.</param>
/// <param name="MaxShare">The most a fast contender publishes of it: a broker does not get faster.</param>
/// <param name="WarmUpPort">Where the contender is warmed up; 0 is the target itself.</param>
/// <param name="ResetAsync">Called before each measurement.</param>
internal sealed record Target(string Name, int Port, string RoutingKey, bool Mandatory, int Count, double MaxShare, int WarmUpPort, Func<Task> ResetAsync)
{
    /// <summary>The target whose rates this one's are compared with, if any.</summary>
    public string? Near { get; init; }

    /// <summary>Whether there is a durable classic queue, which clients that declare it themselves expect.</summary>
    public bool HasClassicQueue { get; init; }
}
