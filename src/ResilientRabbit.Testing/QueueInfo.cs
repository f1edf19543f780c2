namespace ResilientRabbit.Testing;

/// <summary>A queue of a <see cref="TestBroker"/> at one moment.</summary>
/// <param name="Name">The name.</param>
/// <param name="VirtualHost">The virtual host.</param>
/// <param name="Type">The type: <c>classic</c> or <c>quorum</c>.</param>
/// <param name="IsDurable">Whether it survives a restart.</param>
/// <param name="IsExclusive">Whether it belongs to one connection.</param>
/// <param name="IsAutoDelete">Whether it goes with its last consumer.</param>
/// <param name="Messages">Messages that are ready.</param>
/// <param name="Unacked">Messages delivered and not settled.</param>
/// <param name="Consumers">Consumers.</param>
/// <param name="Leader">The name of the node that leads it.</param>
/// <param name="Members">The names of the nodes that have a copy, the oldest first.</param>
/// <param name="IsAvailable">Whether it works: its node is up, or a majority of its members.</param>
/// <param name="Arguments">The arguments it was declared with.</param>
/// <param name="Policy">The name of the policy that acts on it; null for none.</param>
public sealed record QueueInfo(
    string Name,
    string VirtualHost,
    string Type,
    bool IsDurable,
    bool IsExclusive,
    bool IsAutoDelete,
    int Messages,
    int Unacked,
    int Consumers,
    string Leader,
    IReadOnlyList<string> Members,
    bool IsAvailable,
    IReadOnlyDictionary<string, object?> Arguments,
    string? Policy);
