using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class ConnectPausesTests
{
    private readonly ClientSettings _settings;
    private readonly ConnectPauses _pauses;

    public ConnectPausesTests()
    {
        var options = new ResilientRabbitOptions { ReconnectDelay = TimeSpan.FromMinutes(1), ReconnectMaxDelay = TimeSpan.FromHours(1) };
        _settings = Settings(options);
        _pauses = new ConnectPauses(_settings, new EndpointSelector(_settings.Endpoints, TimeProvider.System), TimeProvider.System);
    }

    [Fact]
    public void A_virtual_host_that_is_refused_is_asked_for_at_each_address_of_each_endpoint_before_the_longest_pause()
    {
        TimeSpan?[] round =
        [
            After(ConnectionFailureReason.VirtualHostRefused, 0, hasOtherAddress: true), After(ConnectionFailureReason.VirtualHostRefused, 0, hasOtherAddress: true), After(ConnectionFailureReason.VirtualHostRefused, 0, hasOtherAddress: false),
            After(ConnectionFailureReason.VirtualHostRefused, 1, hasOtherAddress: true), After(ConnectionFailureReason.VirtualHostRefused, 1, hasOtherAddress: true),
        ];

        Assert.All(round, static pause => Assert.Equal(TimeSpan.Zero, pause));
        Assert.InRange(After(ConnectionFailureReason.VirtualHostRefused, 1, hasOtherAddress: false)!.Value, _settings.ReconnectMaxDelay, _settings.ReconnectMaxDelay * 1.1);

        // From here on at the slowest pace, whatever is left to be tried.
        Assert.InRange(After(ConnectionFailureReason.VirtualHostRefused, 0, hasOtherAddress: true)!.Value, _settings.ReconnectMaxDelay, _settings.ReconnectMaxDelay * 1.1);
    }

    [Fact]
    public void A_provider_that_gives_no_credentials_is_not_asked_again_at_once_for_each_address()
    {
        // Null is Polly's pause.
        Assert.Null(After(ConnectionFailureReason.CredentialsUnavailable, 0, hasOtherAddress: true));
        Assert.Equal(TimeSpan.Zero, After(ConnectionFailureReason.Unreachable, 0, hasOtherAddress: true));
    }

    [Theory]
    [InlineData(ConnectionFailureReason.Unreachable, 0, 50, 100)]
    [InlineData(ConnectionFailureReason.Unreachable, 2, 200, 400)]
    [InlineData(ConnectionFailureReason.Unreachable, 20, 500, 1000)]
    [InlineData(ConnectionFailureReason.TimedOut, 0, 50, 100)]
    [InlineData(ConnectionFailureReason.TimedOut, 20, 125, 250)]
    public void While_an_address_may_be_on_its_way_pauses_are_short_and_shortest_after_an_attempt_that_waited(ConnectionFailureReason reason, int failures, int least, int most)
    {
        ClientSettings settings = Settings(new ResilientRabbitOptions { ConnectionMode = ConnectionMode.VirtualIp });
        var time = new ManualTimeProvider();
        var pauses = new ConnectPauses(settings, new EndpointSelector(settings.Endpoints, time), time);
        var exception = new ConnectionException(reason, null, "a drill");
        pauses.NoteLoss();

        for (int attempt = 0; attempt < 100; attempt++)
        {
            Assert.InRange(pauses.After(exception, failures, settings.Endpoints[0], hasOtherAddress: false)!.Value.TotalMilliseconds, least, most);
        }

        // It is not on its way any more: what grows is the usual.
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.InRange(pauses.After(exception, 20, settings.Endpoints[0], hasOtherAddress: false)!.Value, settings.ReconnectMaxDelay / 2, settings.ReconnectMaxDelay);
    }

    private static ClientSettings Settings(ResilientRabbitOptions options)
    {
        options.Endpoints.Add("one.test");
        options.Endpoints.Add("two.test");
        return ClientSettings.From(options);
    }

    private TimeSpan? After(ConnectionFailureReason reason, int endpoint, bool hasOtherAddress)
        => _pauses.After(new ConnectionException(reason, null, "a drill"), 0, _settings.Endpoints[endpoint], hasOtherAddress);
}
