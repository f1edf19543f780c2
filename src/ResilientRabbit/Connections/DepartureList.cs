using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The sessions of one connection that others have taken the place of, until each is closed. Thread-safe.</summary>
internal sealed class DepartureList(string connection, ClientSettings settings, EndpointSelector selector, ILogger logger, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<(SessionDeparture Departure, Task Running)> _all = [];

    /// <summary>Completes when each is closed.</summary>
    public Task Ended
    {
        get
        {
            lock (_gate)
            {
                return Task.WhenAll(_all.Select(static one => one.Running));
            }
        }
    }

    /// <summary>Begins to leave a session.</summary>
    public void Begin(ConnectionEpoch epoch, CancellationToken closing)
    {
        var departure = new SessionDeparture(connection, epoch, logger, time);
        Task running = departure.RunAsync(closing);
        lock (_gate)
        {
            _all.RemoveAll(static one => one.Running.IsCompleted);
            _all.Add((departure, running));
        }

        EndpointsChanged();
    }

    /// <summary>The list of endpoints has, perhaps, changed: a session to one that is gone has only so long from now on, for whatever reason it is being left.</summary>
    public void EndpointsChanged()
    {
        lock (_gate)
        {
            foreach ((SessionDeparture departure, _) in _all)
            {
                if (!selector.Knows(departure.Endpoint))
                {
                    departure.EndWithin(settings.MoveTimeout);
                }
            }
        }
    }
}
