using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>What a peer says when it ends a connection stays on one line of the exceptions that the application sees.</summary>
public sealed class ForgedFailureTests
{
    private const string Evil = "bye\r\n2026-01-01 ERROR forged\x1b[2J\a\u0085\u2028end";

    [Fact]
    public async Task The_words_of_a_refused_virtual_host_stay_on_their_line_and_the_failure_says_where_and_what_to_check()
    {
        await using Bed bed = await Bed.StartAsync();
        bed.Faults.FromBroker(AmqpMethod.ConnectionOpenOk).Always().Replace(AmqpFrames.ConnectionClose(530, Evil));

        ConnectionException failure = await FailAsync(bed);

        Assert.Equal(ConnectionFailureReason.VirtualHostRefused, failure.Reason);
        Assert.StartsWith($"Connecting to {bed.Endpoint} failed: VirtualHostRefused (530 bye??2026-01-01 ERROR forged", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Check that the virtual host exists and that the user has permissions in it.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_words_of_a_connections_end_stay_on_their_line()
    {
        await using Bed bed = await Bed.StartAsync();
        bed.Faults.FromClient(AmqpMethod.BasicPublish).Before().CloseConnection(320, Evil);

        // The next attempt hangs: what is known is the loss.
        bed.Faults.AtConnect().Nth(2).Always().AcceptThenSilence();

        ConnectionException failure = await FailAsync(bed);

        Assert.StartsWith($"The connection to {bed.Endpoint} was lost: ClosedByBroker (320 bye??2026-01-01 ERROR forged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_words_with_which_a_channel_is_refused_stay_on_their_line()
    {
        await using Bed bed = await Bed.StartAsync();
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(bed.Endpoint);
        ClientSettings settings = ClientSettings.From(options);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test", new EndpointSelector(settings.Endpoints, TimeProvider.System), CancellationToken.None).WaitAsync(Bed.Patience);
        bed.Faults.FromBroker(AmqpMethod.ChannelOpenOk).Replace(static entry => AmqpFrames.ChannelClose(entry.Channel, 541, Evil));

        ConnectionException failure = await Assert.ThrowsAsync<ConnectionException>(() => epoch.OpenChannelAsync(new CreateChannelOptions(false, false), CancellationToken.None).WaitAsync(Bed.Patience));

        AssertOneLineEach(failure);
        Assert.Contains("(541 bye??2026-01-01 ERROR forged", failure.Message, StringComparison.Ordinal);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    private static async Task<ConnectionException> FailAsync(Bed bed)
    {
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2));
        PublishException failure = await Bed.FailsAsync(Bed.PublishAsync(client, "m"));
        AssertOneLineEach(failure);
        return Assert.IsType<ConnectionException>(failure.InnerException);
    }

    /// <summary>Ours: the driver's own, further inside, repeats the peer as it is.</summary>
    private static void AssertOneLineEach(Exception failure)
    {
        for (Exception? own = failure; own is not null; own = own.InnerException)
        {
            if (own is PublishException or ConnectionException)
            {
                Assert.DoesNotContain(own.Message, static character => char.IsControl(character) || character is '\u2028' or '\u2029');
            }
        }
    }
}
