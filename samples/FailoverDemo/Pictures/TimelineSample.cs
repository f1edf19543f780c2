namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>What was counted by then, and which node each connection had; none while it was not connected.</summary>
internal sealed record TimelineSample(double Seconds, int Confirmed, int Received, long Pending, IReadOnlyList<(string Connection, string? Node)> Connections);
