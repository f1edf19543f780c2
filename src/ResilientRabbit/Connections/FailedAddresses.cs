using System.Net;

namespace ResilientRabbit.Connections;

/// <summary>The addresses at which a connection failed, or was lost, last: of the addresses of one name they are tried after the others. A frozen node would cost a whole time limit before each way round it. Thread-safe.</summary>
internal sealed class FailedAddresses
{
    /// <summary>Names whose addresses change all the time must not fill the memory.</summary>
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<IPAddress> _failed = [];

    public void Failed(IPAddress address)
    {
        lock (_gate)
        {
            if (_failed.Count >= Most)
            {
                _failed.Clear();
            }

            _failed.Add(address);
        }
    }

    public void Succeeded(IPAddress address)
    {
        lock (_gate)
        {
            _failed.Remove(address);
        }
    }

    /// <summary>The same addresses, those that failed at the end; otherwise as the resolver has ordered them.</summary>
    public IReadOnlyList<IPAddress> Order(IEnumerable<IPAddress> addresses)
    {
        lock (_gate)
        {
            return [.. addresses.OrderBy(_failed.Contains)];
        }
    }
}
