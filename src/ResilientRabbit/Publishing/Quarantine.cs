namespace ResilientRabbit.Publishing;

/// <summary>
/// What the broker has closed channels for. Messages that share it go through a lane of their own until one of them was confirmed and the broker
/// has had nothing against them for a while: a persistent offender would otherwise end its neighbours' channel again and again, and with it every
/// confirm that is still on its way. Thread-safe.
/// </summary>
internal sealed class Quarantine
{
    /// <summary>So long after the last refusal it may end at the earliest.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(30);

    /// <summary>So many offences are remembered.</summary>
    public const int MaxOffences = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(OffenceKind Kind, string Name), Offence> _offences = [];
    private readonly TimeProvider _time;
    private long _sizeLimit = long.MaxValue;
    private long _count;
    private Suspicion? _suspicion;

    public Quarantine(TimeProvider time) => _time = time;

    /// <summary>Where such messages go; null where there is no quarantine.</summary>
    public Lane? Lane { get; set; }

    /// <summary>True when nothing was refused: then nobody need ask.</summary>
    public bool IsEmpty => Volatile.Read(ref _suspicion) is null;

    /// <summary>How many offences there have been. A lane that had an empty window since then has nothing out there that belongs to one of them.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Whether the message shares something with one that was refused; false: certainly not.</summary>
    public bool MayConcern(PendingMessage message) => Volatile.Read(ref _suspicion)?.MayConcern(message) == true;

    /// <summary>The broker has closed a channel because of this message.</summary>
    public void Blame(PendingMessage message, int replyCode, string replyText)
    {
        if (Isolation.OffenceOf(message, replyCode, replyText, out long sizeLimit) is not { } kind)
        {
            return;
        }

        lock (_gate)
        {
            (OffenceKind, string) key = (kind, NameOf(kind, message));
            if (!_offences.TryGetValue(key, out Offence? offence))
            {
                MakeRoom();
                offence = new Offence(this) { Number = ++_count };
                _offences.Add(key, offence);
            }

            _sizeLimit = kind == OffenceKind.Size ? sizeLimit : _sizeLimit;
            offence.HasConfirmed = false;
            offence.LastRefused = _time.GetTimestamp();
            Publish();
        }
    }

    /// <summary>
    /// Whether the message belongs to <see cref="Lane"/>, and if so marks it as taken. Not those with an ordering key of the caller's: that may span exchanges, and their order is promised.
    /// </summary>
    /// <param name="message">A message that its lane has begun to write: until it ends that, nobody finishes it.</param>
    /// <param name="drainedAt">The count of offences at which the lane's window was last empty.</param>
    public Verdict Judge(PendingMessage message, long drainedAt)
    {
        if (Lane is null || message.HasOrderingKey || !MayConcern(message))
        {
            return Verdict.Free;
        }

        lock (_gate)
        {
            if (Find(message) is not { } offence)
            {
                return Verdict.Free;
            }

            if (offence.Number > drainedAt)
            {
                return Verdict.Later;
            }

            offence.Pending++;
            message.MoveTo(Lane, offence);
            return Verdict.Taken;
        }
    }

    public void Leave(Offence offence, bool isConfirmed)
    {
        lock (_gate)
        {
            offence.Pending--;
            offence.HasConfirmed |= isConfirmed;
        }
    }

    private static string NameOf(OffenceKind kind, PendingMessage message) => kind switch
    {
        OffenceKind.Exchange => message.Exchange,
        OffenceKind.User => message.UserId ?? string.Empty,
        _ => string.Empty,
    };

    private Offence? Find(PendingMessage message)
        => Find(OffenceKind.Exchange, message)
            ?? (message.Size > _sizeLimit ? Find(OffenceKind.Size, message) : null)
            ?? (message.UserId is null ? null : Find(OffenceKind.User, message));

    private Offence? Find(OffenceKind kind, PendingMessage message)
    {
        (OffenceKind, string) key = (kind, NameOf(kind, message));
        if (!_offences.TryGetValue(key, out Offence? offence))
        {
            return null;
        }

        // With none of them pending, the next one cannot overtake another.
        if (offence.HasConfirmed && offence.Pending == 0 && _time.GetElapsedTime(offence.LastRefused) >= Term)
        {
            Forget(key);
            return null;
        }

        return offence;
    }

    private void MakeRoom()
    {
        if (_offences.Count >= MaxOffences)
        {
            Forget(_offences.OrderBy(static entry => (entry.Value.Pending > 0, entry.Value.LastRefused)).First().Key);
        }
    }

    private void Forget((OffenceKind Kind, string Name) key)
    {
        _offences.Remove(key);
        Publish();
    }

    private void Publish()
    {
        HashSet<string> exchanges = new(StringComparer.Ordinal);
        long sizeLimit = long.MaxValue;
        bool hasUsers = false;
        foreach ((OffenceKind kind, string name) in _offences.Keys)
        {
            _ = kind == OffenceKind.Exchange && exchanges.Add(name);
            sizeLimit = kind == OffenceKind.Size ? _sizeLimit : sizeLimit;
            hasUsers |= kind == OffenceKind.User;
        }

        Volatile.Write(ref _suspicion, _offences.Count == 0 ? null : new Suspicion(exchanges, sizeLimit, hasUsers));
    }
}
