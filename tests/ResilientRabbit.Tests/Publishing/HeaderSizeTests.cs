using System.Collections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Headers that are larger on the wire than they look: the broker would close the connection, and the replay would do it again.</summary>
public sealed class HeaderSizeTests
{
    [Fact]
    public async Task Empty_lists_take_room_too()
        => await AssertRefusedAsync(Enumerable.Repeat<object>(new List<object?>(), 40_000).ToList());

    [Fact]
    public async Task Empty_tables_take_room_too()
        => await AssertRefusedAsync(Enumerable.Repeat<object>(new Dictionary<string, object?>(StringComparer.Ordinal), 40_000).ToList());

    [Fact]
    public async Task Names_take_their_room_in_bytes_and_not_in_letters()
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (int number = 0; number < 1_000; number++)
        {
            table[new string('€', 80) + (char)('0' + (number % 10)) + (char)('a' + (number / 10 % 10)) + (char)('A' + (number / 100))] = null;
        }

        await AssertRefusedAsync(table);
    }

    [Fact]
    public async Task A_list_that_is_held_many_times_is_refused_before_it_is_unfolded()
    {
        // 3^13 leaves, about 1.6 million; each level more triples the time.
        object value = new List<object?>();
        for (int level = 0; level < 13; level++)
        {
            value = new List<object?> { value, value, value };
        }

        await AssertRefusedAsync(value);
    }

    [Fact]
    public async Task A_table_with_two_keys_of_one_text_fails_alone_in_a_batch()
    {
        await using var harness = new PublisherHarness();
        harness.OpenAcking();
        OutboundMessage bad = Message("b") with { Properties = WithHeader(new Hashtable { [1] = "number", ["1"] = "text" }) };

        PublishBatchResult result = await harness.Publisher.PublishBatchAsync([Message("a"), bad, Message("c")]).AsTask();

        Assert.Equal([true, false, true], result.Outcomes.Select(static outcome => outcome.IsConfirmed));
    }

    private static MessageProperties WithHeader(object value)
    {
        var properties = new MessageProperties();
        properties.Headers["bad"] = value;
        return properties;
    }

    private static async Task AssertRefusedAsync(object value)
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();

        await Assert.ThrowsAsync<ArgumentException>(() => harness.Publisher.PublishAsync("orders", "eu", default, WithHeader(value)).AsTask());

        Assert.Empty(session.Writes);
    }
}
