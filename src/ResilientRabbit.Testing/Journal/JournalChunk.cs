using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ResilientRabbit.Testing.Journal;

/// <summary>A piece of memory with records one after the other. Written under the journal's gate; what is written never changes.</summary>
internal sealed class JournalChunk(int size)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size);
    private readonly ConcurrentDictionary<int, JournalEntry> _described = new();

    private static int HeadSize => Unsafe.SizeOf<RecordHead>();

    public int Size => _bytes.Length;

    /// <summary>Counted from 1, and anew whenever the memory is used again.</summary>
    public long Number { get; private set; }

    /// <summary>Where the next record begins.</summary>
    public int End { get; private set; }

    public static int SizeOf(int length) => HeadSize + length;

    public void Begin(long number)
    {
        Number = number;
        End = 0;
        _described.Clear();
    }

    public bool HasRoom(int length) => _bytes.Length - End >= SizeOf(length);

    public void Add(in RecordHead head, ReadOnlySpan<byte> bytes, JournalEntry? entry)
    {
        if (entry is not null)
        {
            _described[End] = entry;
        }

        MemoryMarshal.Write(_bytes.AsSpan(End), in head);
        bytes.CopyTo(_bytes.AsSpan(End + HeadSize));
        End += SizeOf(bytes.Length);
    }

    /// <summary>Where the record after this one begins.</summary>
    public int After(int offset) => offset + SizeOf(HeadOf(offset).Length);

    public JournalEntry Read(int offset, long number)
    {
        RecordHead head = HeadOf(offset);
        JournalEntry entry = head.Kind == RecordKind.Described
            ? _described[offset]
            : EntryReader.Read(head, _bytes.AsMemory(offset + HeadSize, head.Length));
        return entry with { Number = number, Time = new DateTimeOffset(head.Ticks, TimeSpan.Zero) };
    }

    private RecordHead HeadOf(int offset) => MemoryMarshal.Read<RecordHead>(_bytes.AsSpan(offset));
}
