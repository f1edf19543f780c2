using System.Globalization;
using ResilientRabbit.Testing.Journal;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Journal;

public sealed class JournalStoreTests
{
    private const int Capacity = 10;

    /// <summary>Ten of them fill the largest piece of memory: the pieces do not grow any more, so that those that are left would be used again.</summary>
    private const int RecordSize = 100 * 1024;

    [Fact]
    public void Memory_that_a_reader_looks_at_is_not_used_again()
    {
        var store = new JournalStore(Capacity);
        Add(store, first: 1, count: 100);
        JournalView view = store.View(default);
        Add(store, first: 101, count: 100);

        Assert.Equal(Ids(first: 91, Capacity), Read(view));
        store.GiveBack();
        Assert.Equal(Ids(first: 191, Capacity), Read(store.View(default)));
    }

    [Fact]
    public void Memory_that_nobody_looks_at_any_more_is_used_again()
    {
        var store = new JournalStore(Capacity);
        Add(store, first: 1, count: 100);
        _ = Read(store.View(default));
        store.GiveBack();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Add(store, first: 101, count: 1000);

        // A thousand records are a hundred pieces of one mebibyte.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20 * 1024 * 1024);
    }

    private static void Add(JournalStore store, int first, int count)
    {
        byte[] bytes = new byte[RecordSize];
        var head = new RecordHead { Kind = RecordKind.Described, Length = bytes.Length };
        for (int number = first; number < first + count; number++)
        {
            store.Add(head, bytes, new JournalEntry { MessageId = number.ToString(CultureInfo.InvariantCulture) });
        }
    }

    private static IEnumerable<string> Ids(int first, int count) => Enumerable.Range(first, count).Select(static number => number.ToString(CultureInfo.InvariantCulture));

    private static IEnumerable<string?> Read(JournalView view)
    {
        List<JournalEntry> entries = [];
        view.ReadInto(entries);
        return entries.Select(static entry => entry.MessageId);
    }
}
