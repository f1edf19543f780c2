using System.Collections.Concurrent;

namespace ResilientRabbit.Publishing;

/// <summary>The exchanges through which the broker has confirmed something: they have existed. Thread-safe and bounded.</summary>
internal sealed class ConfirmedExchanges
{
    private const int Most = 1024;

    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);
    private volatile bool _isFull;

    public void Add(string exchange)
    {
        if (!_isFull && _names.TryAdd(exchange, true))
        {
            _isFull = _names.Count >= Most;
        }
    }

    /// <summary>True also where it is not known any more.</summary>
    public bool MayContain(string exchange) => _isFull || _names.ContainsKey(exchange);
}
