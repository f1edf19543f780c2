using System.Collections;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What the broker would close a channel or connection for is refused before anything is sent.</summary>
public sealed class BadInputTests
{
    private static readonly Dictionary<string, object> Unsupported = new(StringComparer.Ordinal)
    {
        ["ulong"] = 1UL,
        ["Guid"] = Guid.Empty,
        ["DateTime"] = DateTime.UnixEpoch,
        ["DateTimeOffset"] = DateTimeOffset.UnixEpoch,
        ["TimeSpan"] = TimeSpan.Zero,
        ["char"] = 'x',
        ["enum"] = DayOfWeek.Friday,
        ["Uri"] = new Uri("http://localhost"),
        ["json"] = System.Text.Json.JsonDocument.Parse("1").RootElement,
        ["anonymous object"] = new { A = 1 },
        ["sequence"] = Enumerable.Range(0, 3).Where(static number => number > 1),
        ["memory"] = new Memory<byte>([1]),
        ["set"] = new HashSet<string>(StringComparer.Ordinal),
        ["list of an unsupported type"] = new List<object> { 1, Guid.Empty },
        ["table of an unsupported type"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["inner"] = 1UL },
    };

    public static TheoryData<string> UnsupportedNames => [.. Unsupported.Keys];

    // Not in attributes: their strings are stored as UTF-8, which has no half of a surrogate pair.
    private static readonly Dictionary<string, string?> UnsendableNames = new(StringComparer.Ordinal)
    {
        ["null"] = null,
        ["first half of a pair"] = "\ud800",
        ["first half of a pair twice"] = "\ud800\ud800\udc00",
        ["second half of a pair"] = "a\udc00b",
        ["NUL"] = "a\0b",
    };

    public static TheoryData<string> UnsendableCases => [.. UnsendableNames.Keys];

    [Theory]
    [MemberData(nameof(UnsendableCases))]
    public async Task Names_that_cannot_be_sent_are_refused(string name)
    {
        await AssertRefusedAsync<ArgumentException>(new OutboundMessage { Exchange = UnsendableNames[name]!, RoutingKey = "eu" }, "exchange");
        await AssertRefusedAsync<ArgumentException>(new OutboundMessage { Exchange = "orders", RoutingKey = UnsendableNames[name]! }, "routingKey");
    }

    [Theory]
    [InlineData("x", 256)]
    [InlineData("€", 86)]
    [InlineData("😀", 64)]
    public async Task Names_above_255_bytes_are_refused_with_their_size(string letter, int count)
    {
        string name = string.Concat(Enumerable.Repeat(letter, count));

        ArgumentException error = await AssertRefusedAsync<ArgumentException>(new OutboundMessage { Exchange = name, RoutingKey = "eu" }, "exchange");

        Assert.Contains(System.Text.Encoding.UTF8.GetByteCount(name).ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("x", 255)]
    [InlineData("€", 85)]
    [InlineData("😀", 63)]
    [InlineData("e\u0301", 50)]
    public async Task Names_up_to_255_bytes_are_sent_as_they_are(string letter, int count)
    {
        string name = string.Concat(Enumerable.Repeat(letter, count));
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();

        await Confirmed(harness.Publisher.PublishAsync(name, name, default).AsTask());

        Assert.Equal((name, name), (session.Writes[0].Exchange, session.Writes[0].RoutingKey));
    }

    [Theory]
    [MemberData(nameof(UnsupportedNames))]
    public async Task Header_values_of_unknown_types_are_refused_by_name_and_type(string name)
    {
        ArgumentException error = await AssertHeaderRefusedAsync(Unsupported[name]);

        Assert.Contains("'bad'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_contain_themselves_are_refused()
    {
        Dictionary<string, object?> table = new(StringComparer.Ordinal);
        table["self"] = table;
        List<object?> list = [];
        list.Add(list);
        var plain = new Hashtable();
        plain["self"] = plain;

        await AssertHeaderRefusedAsync(table);
        await AssertHeaderRefusedAsync(list);
        await AssertHeaderRefusedAsync(plain);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public async Task Headers_nested_too_deep_are_refused(int depth) => await AssertHeaderRefusedAsync(Nest(depth));

    [Fact]
    public async Task Headers_nested_as_deep_as_allowed_are_sent()
    {
        await using var harness = new PublisherHarness();
        harness.OpenAcking();

        await Confirmed(harness.Publisher.PublishAsync("orders", "eu", default, WithHeader(Nest(32))).AsTask());
    }

    [Fact]
    public async Task Headers_larger_than_a_frame_are_refused()
    {
        await AssertHeaderRefusedAsync(new string('x', 128 * 1024));
        await AssertHeaderRefusedAsync(new byte[128 * 1024]);
        await AssertHeaderRefusedAsync(Enumerable.Repeat<object>(new string('x', 1_000), 128).ToList());
        await AssertHeaderRefusedAsync(Enumerable.Range(0, 20_000).ToList());
    }

    [Fact]
    public async Task Header_names_are_checked_like_other_names()
    {
        foreach (string name in (string[])[new string('x', 256), "a\ud800", "a\0"])
        {
            var properties = new MessageProperties();
            properties.Headers[name] = 1;
            await AssertRefusedAsync<ArgumentException>(Plain(properties));
            await AssertHeaderRefusedAsync(new Dictionary<string, object?>(StringComparer.Ordinal) { [name] = 1 });
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4_294_967_296)]
    public async Task An_expiration_that_the_broker_refuses_is_refused(long milliseconds)
        => await AssertRefusedAsync<ArgumentException>(Plain(new MessageProperties { Expiration = TimeSpan.FromMilliseconds(milliseconds) }));

    [Fact]
    public async Task Text_properties_are_checked_like_names()
    {
        string longText = new('x', 256);
        MessageProperties[] bad =
        [
            new() { MessageId = longText }, new() { CorrelationId = longText }, new() { ContentType = longText }, new() { ContentEncoding = "\0" },
            new() { ReplyTo = longText }, new() { Type = "\ud800" }, new() { AppId = longText }, new() { UserId = longText },
        ];

        foreach (MessageProperties properties in bad)
        {
            await AssertRefusedAsync<ArgumentException>(Plain(properties));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(25 * 24 * 60 * 60)]
    public async Task A_deadline_out_of_range_is_refused(int seconds)
        => await AssertRefusedAsync<ArgumentOutOfRangeException>(Message("a", timeout: TimeSpan.FromSeconds(seconds)));

    [Fact]
    public async Task A_body_above_the_limit_is_not_sent()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxMessageSize = 3 });
        FakePublishSession session = harness.OpenAcking();

        PublishException error = await Failed(harness.Publish("1234"), PublishFailure.NotSent);
        await Confirmed(harness.Publish("123"));
        await Confirmed(harness.Publish(""));

        Assert.Equal((0, false), (error.Attempts, error.MayBeStored));
        Assert.Equal(["123", ""], Texts(session.Writes));
        Assert.Equal((3, 1, 2), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Confirmed));
    }

    private static object Nest(int depth)
    {
        object value = 1;
        for (int level = 1; level < depth; level++)
        {
            value = level % 2 == 0 ? new List<object?> { value } : new Dictionary<string, object?>(StringComparer.Ordinal) { ["inner"] = value };
        }

        return value;
    }

    private static MessageProperties WithHeader(object value)
    {
        var properties = new MessageProperties();
        properties.Headers["bad"] = value;
        return properties;
    }

    private static OutboundMessage Plain(MessageProperties properties) => new() { Exchange = "orders", RoutingKey = "eu", Properties = properties };

    private static Task<ArgumentException> AssertHeaderRefusedAsync(object value) => AssertRefusedAsync<ArgumentException>(Plain(WithHeader(value)));

    private static async Task<T> AssertRefusedAsync<T>(OutboundMessage message, string? parameter = null)
        where T : ArgumentException
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();

        T error = await Assert.ThrowsAnyAsync<T>(() => harness.Publisher.PublishAsync(message).AsTask().WaitAsync(Watch.Limit));
        await Confirmed(harness.Publish("next"));

        Assert.Equal(["next"], Texts(session.Writes));
        Assert.Equal((1, 1), (harness.Counts.Submitted, harness.Counts.Confirmed));
        if (parameter is not null)
        {
            Assert.Equal(parameter, error.ParamName);
        }

        return error;
    }
}
