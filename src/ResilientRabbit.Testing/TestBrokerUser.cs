namespace ResilientRabbit.Testing;

/// <summary>A user of a <see cref="TestBroker"/>. The patterns are regular expressions, as in RabbitMQ; an empty one allows nothing.</summary>
/// <param name="Name">The name.</param>
/// <param name="Password">The password.</param>
/// <param name="Configure">Which names may be declared and deleted.</param>
/// <param name="Write">Which exchanges may be published to, which names may be bound.</param>
/// <param name="Read">Which queues may be consumed, which exchanges bound from.</param>
public sealed record TestBrokerUser(string Name, string Password, string Configure = ".*", string Write = ".*", string Read = ".*")
{
    /// <summary>The user's tags, such as <c>administrator</c> or <c>impersonator</c>.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The virtual hosts the user may enter; null for all.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyList<string>? VirtualHosts { get; init; }

    /// <summary>The name and the rights, not the password.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name} (configure {Configure}, write {Write}, read {Read})";
}
