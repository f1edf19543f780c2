namespace ResilientRabbit.Testing.Journal;

/// <summary>Records at one moment, readable while others are added.</summary>
/// <param name="chunks">The memory they are in.</param>
/// <param name="offset">Where the first one begins.</param>
/// <param name="end">Where the last chunk ends.</param>
/// <param name="firstKept">The number of the oldest record that is kept, whether it is in this view or not.</param>
/// <param name="last">The number of the last one.</param>
internal sealed class JournalView(JournalChunk[] chunks, int offset, int end, long firstKept, long last)
{
    public long FirstKept => firstKept;

    /// <summary>Where the next view goes on.</summary>
    public JournalPlace End => chunks.Length == 0 ? default : new JournalPlace(chunks[^1].Number, end);

    /// <summary>Reads them all into the list, which ends with the record before the view's first.</summary>
    public void ReadInto(List<JournalEntry> entries)
    {
        List<(JournalChunk Chunk, int Offset)> places = [];
        int start = offset;
        for (int index = 0; index < chunks.Length; index++)
        {
            int stop = index == chunks.Length - 1 ? end : chunks[index].End;
            for (int at = start; at < stop; at = chunks[index].After(at))
            {
                places.Add((chunks[index], at));
            }

            start = 0;
        }

        long number = last - places.Count;
        foreach ((JournalChunk chunk, int at) in places)
        {
            entries.Add(chunk.Read(at, ++number));
        }
    }
}
