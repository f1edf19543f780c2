namespace ResilientRabbit.Clusters;

/// <summary>What a <see cref="TcpProxy"/> does with the bytes of one direction.</summary>
public enum TrafficMode
{
    Pass = 0,

    /// <summary>Keeps them back, as a network that loses packets does: they arrive in order when it passes again.</summary>
    Hold,

    /// <summary>Swallows them. The stream is broken afterwards: reset its connections before passing again.</summary>
    Discard,
}
