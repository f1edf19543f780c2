namespace ResilientRabbit.Testing.Journal;

/// <summary>
/// The records that are kept: bytes, copied once and understood when somebody looks. Used under the journal's gate, except that a
/// <see cref="JournalView"/> is read without it.
/// </summary>
internal sealed class JournalStore(int capacity)
{
    private const int FirstSize = 16 * 1024;
    private const int LargestSize = 1024 * 1024;

    private readonly Queue<JournalChunk> _chunks = new();
    private JournalChunk? _filling;
    private JournalChunk? _spare;
    private long _chunkCount;
    private int _firstOffset;
    private int _views;

    /// <summary>The number of the last record, from 1.</summary>
    public long Last { get; private set; }

    public int Count { get; private set; }

    public long Dropped { get; private set; }

    /// <summary>Adds a record; an entry when it is <see cref="RecordKind.Described"/>.</summary>
    /// <returns>How to read it, for who cannot wait.</returns>
    public JournalPlace Add(in RecordHead head, ReadOnlySpan<byte> bytes, JournalEntry? entry)
    {
        JournalChunk chunk = _filling is { } filling && filling.HasRoom(bytes.Length) ? filling : Begin(bytes.Length);
        var place = new JournalPlace(chunk.Number, chunk.End);
        chunk.Add(head, bytes, entry);
        Last++;
        if (++Count > capacity)
        {
            DropFirst();
        }

        return place;
    }

    public JournalEntry ReadLast(JournalPlace place) => _filling!.Read(place.Offset, Last);

    /// <summary>The records from this place on, as far as they are kept. To be given back.</summary>
    public JournalView View(JournalPlace from)
    {
        _views++;
        JournalChunk[] chunks = [.. _chunks.Where(chunk => chunk.Number >= from.Chunk)];
        bool goesOn = chunks is [{ } first, ..] && first.Number == from.Chunk;
        int offset = goesOn && from.Offset >= StartOf(chunks[0]) ? from.Offset : chunks.Length == 0 ? 0 : StartOf(chunks[0]);
        return new JournalView(chunks, offset, _filling?.End ?? 0, Last - Count + 1, Last);
    }

    public void GiveBack() => _views--;

    public void Clear()
    {
        _chunks.Clear();
        _filling = null;
        _firstOffset = 0;
        Count = 0;
        Dropped = 0;
    }

    private int StartOf(JournalChunk chunk) => ReferenceEquals(chunk, _chunks.Peek()) ? _firstOffset : 0;

    private JournalChunk Begin(int length)
    {
        int size = Math.Max(Math.Min(LargestSize, (_filling?.Size ?? FirstSize / 2) * 2), JournalChunk.SizeOf(length));
        JournalChunk chunk = _spare is { } spare && spare.Size >= size ? spare : new JournalChunk(size);
        _spare = null;
        chunk.Begin(++_chunkCount);
        _chunks.Enqueue(chunk);
        return _filling = chunk;
    }

    private void DropFirst()
    {
        Dropped++;
        Count--;
        JournalChunk first = _chunks.Peek();
        _firstOffset = first.After(_firstOffset);
        if (_firstOffset < first.End || ReferenceEquals(first, _filling))
        {
            return;
        }

        _chunks.Dequeue();
        _firstOffset = 0;
        if (_views == 0 && first.Size <= LargestSize)
        {
            _spare = first;
        }
    }
}
