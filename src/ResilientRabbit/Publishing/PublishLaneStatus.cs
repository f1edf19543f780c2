namespace ResilientRabbit;

/// <summary>Where one lane of the publisher publishes at one instant.</summary>
/// <param name="Number">The number of the lane, from 0.</param>
/// <param name="Connection">The name of the connection that it uses, as in <see cref="ConnectionStatus.Name"/>; <see langword="null"/> while it has no channel.</param>
/// <param name="NodeName">The node behind that connection; <see langword="null"/> when it is not known.</param>
/// <param name="LeaderNode">The node that leads the queue of most of what the lane writes; <see langword="null"/> when it is not known, or not followed (<see cref="ResilientRabbitOptions.QueueLeaderResolver"/>).</param>
public sealed record PublishLaneStatus(int Number, string? Connection, string? NodeName, string? LeaderNode);
