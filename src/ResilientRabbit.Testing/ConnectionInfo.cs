namespace ResilientRabbit.Testing;

/// <summary>A client's connection to a <see cref="TestBroker"/> at one moment.</summary>
/// <param name="Number">Its number, counted from 1 since the broker's start; faults and the journal use it.</param>
/// <param name="Name">Both ends, as in <c>127.0.0.1:40000 -> 127.0.0.1:5672</c>.</param>
/// <param name="ClientProvidedName">The name the client gave it; null when it gave none.</param>
/// <param name="UserName">The user; null before the login.</param>
/// <param name="VirtualHost">The virtual host; null before connection.open.</param>
/// <param name="IsOpen">Whether the handshake is through and neither side has said close.</param>
/// <param name="IsBlocked">Whether the broker has stopped reading from it because of an alarm.</param>
/// <param name="Channels">Open channels.</param>
/// <param name="Consumers">Consumers of all channels.</param>
/// <param name="Unacked">Deliveries of all channels that are not settled.</param>
/// <param name="ClientProperties">What the client said of itself.</param>
public sealed record ConnectionInfo(
    int Number,
    string Name,
    string? ClientProvidedName,
    string? UserName,
    string? VirtualHost,
    bool IsOpen,
    bool IsBlocked,
    int Channels,
    int Consumers,
    int Unacked,
    IReadOnlyDictionary<string, object?> ClientProperties);
