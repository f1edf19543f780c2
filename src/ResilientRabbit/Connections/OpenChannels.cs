using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>The channels of a session that were opened and not given back. Thread-safe.</summary>
internal sealed class OpenChannels
{
    private readonly HashSet<IChannel> _channels = [];

    /// <summary>Whether every channel was given back.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_channels)
            {
                return _channels.Count == 0;
            }
        }
    }

    /// <summary>Notes a channel, and returns it.</summary>
    public IChannel Add(IChannel channel)
    {
        lock (_channels)
        {
            _channels.Add(channel);
        }

        return channel;
    }

    /// <summary>Forgets a channel that was given back.</summary>
    public void Remove(IChannel channel)
    {
        lock (_channels)
        {
            _channels.Remove(channel);
        }
    }
}
