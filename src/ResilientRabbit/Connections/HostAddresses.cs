using System.Net;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The addresses of an endpoint's name, each once: asked for anew at each round. One for each client; thread-safe.</summary>
/// <remarks>
/// A lookup goes on when an attempt has given it up, and the next attempt takes what it says: a resolver that needs longer than an attempt (the first name server is dead, and the system waits five seconds for it)
/// would otherwise keep the client out for ever.
/// </remarks>
internal sealed class HostAddresses(ClientSettings settings, TimeProvider time)
{
    /// <summary>Names that change all the time must not fill the memory.</summary>
    private const int MostNames = 64;

    /// <summary>So many are tried in a round. Each may cost a whole time limit: a name with hundreds of them must not be a round of an hour.</summary>
    public const int MostInRound = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lookup> _lookups = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ConnectionException">The name has no address, or the resolver has not answered before the deadline.</exception>
    public async Task<IPAddress[]> FindAsync(RabbitEndpoint endpoint, CancellationToken deadline)
    {
        if (IPAddress.TryParse(endpoint.Host, out IPAddress? literal))
        {
            return [literal];
        }

        Lookup lookup = JoinOrBegin(endpoint.Host);
        try
        {
            IPAddress[] addresses = await lookup.Resolving.WaitAsync(deadline).ConfigureAwait(false);
            Forget(endpoint.Host, lookup);
            return addresses.Length > 0 ? [.. addresses.Distinct()] : throw NotResolved(endpoint, "has no address");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            lookup.GivenUpAt = time.GetTimestamp();

            // Not the broker's silence: it was not even asked.
            throw NotResolved(endpoint, "was not resolved in time");
        }
    }

    private static ConnectionException NotResolved(RabbitEndpoint endpoint, string what)
        => new(ConnectionFailureReason.NameNotResolved, endpoint.ToString(), $"The name '{endpoint.Host}' {what}. Check the name and the resolver.");

    /// <summary>The lookup of this name that is under way, or was given up and has an answer by now; otherwise a new one.</summary>
    private Lookup JoinOrBegin(string name)
    {
        lock (_gate)
        {
            if (_lookups.TryGetValue(name, out Lookup? known) && (!known.Resolving.IsCompleted || IsOfUse(known)))
            {
                return known;
            }

            if (_lookups.Count >= MostNames)
            {
                _lookups.Clear();
            }

            // Without the deadline: it is not made for this attempt only.
            Task<IPAddress[]> resolving = settings.Resolve(name, CancellationToken.None);
            SessionTidying.ObserveLater(resolving);
            return _lookups[name] = new Lookup(resolving) { GivenUpAt = time.GetTimestamp() };
        }
    }

    /// <summary>A late answer is for the next attempt, not for one of another day; a failure says nothing of now.</summary>
    private bool IsOfUse(Lookup ended)
        => ended.Resolving.IsCompletedSuccessfully && time.GetElapsedTime(ended.GivenUpAt) < (settings.ReconnectMaxDelay * 2) + TimeSpan.FromMinutes(1);

    /// <summary>Each answer is good for those who waited for it, or for one who came later.</summary>
    private void Forget(string name, Lookup lookup)
    {
        lock (_gate)
        {
            if (_lookups.GetValueOrDefault(name) == lookup)
            {
                _lookups.Remove(name);
            }
        }
    }

    private sealed class Lookup(Task<IPAddress[]> resolving)
    {
        private long _givenUpAt;

        public Task<IPAddress[]> Resolving { get; } = resolving;

        public long GivenUpAt
        {
            get => Volatile.Read(ref _givenUpAt);
            set => Volatile.Write(ref _givenUpAt, value);
        }
    }
}
