using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>What a lane needs of a broker session.</summary>
internal interface IPublishSession
{
    /// <summary>The configured address it goes to; null where there is none.</summary>
    RabbitEndpoint? Server => null;

    /// <summary>The name of the node behind it; null while it is not known.</summary>
    string? NodeName => null;

    /// <summary>Cancelled when the session is lost.</summary>
    CancellationToken Dead { get; }

    bool IsDead { get; }

    /// <summary>True while the broker has blocked publishing on this connection.</summary>
    bool IsBlocked { get; }

    /// <summary>For how long the send that is under way has not progressed; zero when none is.</summary>
    TimeSpan WriteStall { get; }

    /// <summary>How long ago something was last received.</summary>
    TimeSpan Silence { get; }

    /// <summary>True while the address may have moved away: bytes that were sent three times are not acknowledged. Always false where addresses do not move.</summary>
    bool IsUnanswered => false;

    /// <summary>Whether something was received that nobody has read yet: the answers that are missing may be in it.</summary>
    bool HasUnread => false;

    /// <summary>Answers are missing: where the address may move, gives the peer's kernel something to acknowledge. As often as one likes.</summary>
    void Poke()
    {
    }

    /// <summary>Opens a channel in confirm mode that reports to the sink.</summary>
    /// <exception cref="ConnectionException">The session is dead or did not answer in time.</exception>
    Task<IPublishChannel> OpenPublishChannelAsync(IConfirmSink sink, CancellationToken cancellationToken);
}
