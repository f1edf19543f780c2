using RabbitMQ.Client;
using ResilientRabbit.Bridging;
using Xunit;

namespace ResilientRabbit.Tests.Bridging;

public sealed class BridgeCopyTests
{
    [Fact]
    public void A_message_without_an_id_stays_without_one_unless_the_option_makes_it()
    {
        var message = new ReceivedMessage("order 7"u8.ToArray());

        Assert.Null(Copy(message).Properties!.MessageId);
        Assert.Equal("7 bytes", Copy(message, static options => options.MessageId = static received => $"{received.Body.Length} bytes").Properties!.MessageId);
        Assert.Equal("own", Copy(Received(new BasicProperties { MessageId = "own" }), static options => options.MessageId = static _ => "made").Properties!.MessageId);
    }

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(true, null, true)]
    [InlineData(false, "x-publish-attempt", true)]
    [InlineData(false, "x-bridge-redelivered", true)]
    [InlineData(false, "x-publish-id", false)]
    public void A_copy_is_marked_when_the_message_may_have_been_seen_before(bool isRedelivered, string? header, bool expected)
    {
        var properties = new BasicProperties { Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [header ?? "own"] = 2 } };

        OutboundMessage copy = Copy(Received(properties, isRedelivered), null, out bool isMarked);

        Assert.Equal(expected, isMarked);
        Assert.Equal(expected, copy.Properties!.Headers.TryGetValue("x-bridge-redelivered", out object? mark) && mark is true);
        Assert.DoesNotContain(copy.Properties.Headers.Keys, static name => name.StartsWith("x-publish-", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_far_broker_would_act_upon_is_renamed_or_removed()
    {
        var properties = new BasicProperties { UserId = "guest", Headers = new Dictionary<string, object?>(StringComparer.Ordinal) };
        foreach (string name in new[] { "CC", "x-death", "x-delivery-count", "x-acquired-count", "own" })
        {
            properties.Headers[name] = 1;
        }

        OutboundMessage copy = Copy(Received(properties));

        Assert.Equal(["own", "x-bridged-by", "x-death-before-bridge", "x-original-cc", "x-original-user-id"], copy.Properties!.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Null(copy.Properties.UserId);
        Assert.True(copy.Mandatory);
    }

    [Fact]
    public void The_expiration_is_kept_or_not_by_option()
    {
        var message = Received(new BasicProperties { Expiration = "60000" });

        Assert.Equal(TimeSpan.FromMinutes(1), Copy(message).Properties!.Expiration);
        Assert.Null(Copy(message, static options => options.KeepExpiration = false).Properties!.Expiration);
    }

    [Fact]
    public void The_address_is_the_messages_own_unless_the_options_name_another()
    {
        var message = new ReceivedMessage(default) { Exchange = "events", RoutingKey = "a.b" };

        OutboundMessage own = Copy(message, static options => (options.Exchange, options.RoutingKey) = (null, null));
        OutboundMessage other = Copy(message, static options => (options.Exchange, options.RoutingKey) = ("far", "c"));

        Assert.Equal(("events", "a.b", "far", "c"), (own.Exchange, own.RoutingKey, other.Exchange, other.RoutingKey));
    }

    [Fact]
    public void With_order_all_share_a_key_and_without_it_the_keys_go_round()
    {
        var message = new ReceivedMessage(default);
        BridgeCopy ordered = New(null);
        BridgeCopy spread = New(static options => options.PreserveOrder = false);

        Assert.Single(Enumerable.Range(0, 10).Select(_ => ordered.Of(message, [], out bool _).OrderingKey).Distinct(StringComparer.Ordinal));
        Assert.Equal(10, Enumerable.Range(0, 10).Select(_ => spread.Of(message, [], out bool _).OrderingKey).Distinct(StringComparer.Ordinal).Count());
    }

    private static OutboundMessage Copy(ReceivedMessage message, Action<MessageBridgeOptions>? configure = null) => Copy(message, configure, out bool _);

    private static OutboundMessage Copy(ReceivedMessage message, Action<MessageBridgeOptions>? configure, out bool isMarked)
        => New(configure).Of(message, BridgeHops.Of(message), out isMarked);

    private static ReceivedMessage Received(BasicProperties properties, bool isRedelivered = false) => new(default, properties) { Redelivered = isRedelivered };

    private static BridgeCopy New(Action<MessageBridgeOptions>? configure)
    {
        var options = new MessageBridgeOptions { Name = "b", Queue = "q" };
        configure?.Invoke(options);
        return new BridgeCopy(BridgeSettings.From(options));
    }
}
