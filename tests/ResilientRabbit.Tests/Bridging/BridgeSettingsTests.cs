using ResilientRabbit.Bridging;
using Xunit;

namespace ResilientRabbit.Tests.Bridging;

public sealed class BridgeSettingsTests
{
    private static readonly Dictionary<string, Action<MessageBridgeOptions>> Wrong = new(StringComparer.Ordinal)
    {
        [nameof(MessageBridgeOptions.Name)] = static options => options.Name = "",
        [nameof(MessageBridgeOptions.Queue)] = static options => options.Queue = "",
        [nameof(MessageBridgeOptions.Exchange)] = static options => options.Exchange = new string('x', 256),
        [nameof(MessageBridgeOptions.RoutingKey)] = static options => options.RoutingKey = new string('x', 256),
        [nameof(MessageBridgeOptions.Prefetch)] = static options => options.Prefetch = 0,
        [nameof(MessageBridgeOptions.WindowBytes)] = static options => options.WindowBytes = 0,
        [nameof(MessageBridgeOptions.DeliveryTimeout)] = static options => options.DeliveryTimeout = TimeSpan.Zero,
        [nameof(MessageBridgeOptions.OnRefused)] = static options => options.OnRefused = (BridgeRefusal)7,
        [nameof(MessageBridgeOptions.RetryLimit)] = static options => options.RetryLimit = 0,
        [nameof(MessageBridgeOptions.RetryDelay)] = static options => options.RetryDelay = TimeSpan.Zero,
        ["DeadLetterQueue"] = static options => options.ParkingQueue = options.Queue,
        [nameof(MessageBridgeOptions.OnLoop)] = static options => options.OnLoop = (BridgeLoop)7,
        [nameof(MessageBridgeOptions.MaxHops)] = static options => options.MaxHops = 0,
        [nameof(MessageBridgeOptions.StopTimeout)] = static options => options.StopTimeout = TimeSpan.FromSeconds(-1),
    };

    public static TheoryData<string> Options => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_out_of_its_range_is_refused_by_name(string option)
    {
        var options = new MessageBridgeOptions { Name = "b", Queue = "q" };
        _ = BridgeSettings.From(options);
        Wrong[option](options);

        ArgumentException problem = Assert.ThrowsAny<ArgumentException>(() => BridgeSettings.From(options));

        Assert.Contains(option, problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Losses_never_park_a_message_and_no_time_limit_takes_it_out_of_its_place()
    {
        BridgeSettings settings = BridgeSettings.From(new MessageBridgeOptions { Name = "b", Queue = "q" });

        Assert.Null(settings.Consumer.DeliveryLimit);
        Assert.Equal(TimeSpan.FromDays(24), settings.DeliveryTimeout);
        Assert.Equal((Settlement.DeadLetter, 1000), (settings.Consumer.OnError, settings.Consumer.Prefetch));
    }
}
