using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>Where one connection has failed since it was last open: it tries every endpoint that is not avoided for the moment once before any of them again.</summary>
/// <remarks>
/// Two silent ones of three would otherwise take turns: an attempt takes longer than an endpoint that failed for the first time is avoided. Thread-safe: a session may be lost while the one that is to take its place is being searched.
/// </remarks>
internal sealed class FailedEndpoints
{
    private readonly Lock _gate = new();
    private readonly HashSet<RabbitEndpoint> _round = [];
    private RabbitEndpoint? _last;

    /// <summary>The one that failed last, or where the connection was lost; null when it is open, or never was.</summary>
    public RabbitEndpoint? Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public void Failed(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            _last = endpoint;
            _round.Add(endpoint);
        }
    }

    /// <summary>The connection is open again.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _last = null;
            _round.Clear();
        }
    }

    /// <summary>Whether the endpoint has had its turn in this round.</summary>
    public bool HadTurn(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            return _round.Contains(endpoint);
        }
    }

    /// <summary>All have had their turn.</summary>
    public void BeginRound()
    {
        lock (_gate)
        {
            _round.Clear();
        }
    }
}
