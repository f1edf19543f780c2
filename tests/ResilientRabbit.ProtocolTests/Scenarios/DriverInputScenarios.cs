using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>
/// The known defects of RabbitMQ.Client 7.1.2 in dealing with what it is given: a delivery's headers (C9), addresses and settings (C10 to C12), the caller's headers (C15).
/// Shown as in <see cref="DriverDefectScenarios"/>.
/// </summary>
public sealed class DriverInputScenarios
{
    [Fact, Scenario("45,C9", "P19,P25")]
    public async Task Headers_nested_26000_deep_end_the_process_of_the_bare_driver()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle nested = Nest(bed, 26_000);

        ChildResult child = await ChildProcess.RunAsync("driver-consumes", bed.Port, () => bed.Broker.PublishAsync(Bed.Queue, "nest"u8.ToArray()));

        Assert.Equal((1, ChildResult.Crashed), (nested.Fired, child.ExitCode));
        Assert.Contains("Stack overflow", child.Output, StringComparison.Ordinal);
    }

    [Fact, Scenario("45,C9", "P19,P25")]
    public async Task Headers_nested_26000_deep_are_parked_by_the_SDK_and_the_next_message_is_handled()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle nested = Nest(bed, 26_000);

        ChildResult child = await ChildProcess.RunAsync("sdk-consumes", bed.Port, () => PublishBothAsync(bed));

        Assert.Equal((1, 0), (nested.Fired, child.ExitCode));
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue + ".dead-letter") is { Messages: 1 }, "the parked message");
        Assert.Equal(4, child.Number("received"));
    }

    [Fact, Scenario("C10", "P27")]
    public async Task The_bare_drivers_URI_turns_the_check_of_the_host_name_off_and_the_SDK_does_not_use_it()
    {
        Assert.Equal(SslPolicyErrors.RemoteCertificateNameMismatch, new ConnectionFactory { Uri = new Uri("amqps://host") }.Ssl.AcceptablePolicyErrors);

        await using Bed bed = await Bed.StartAsync();
        SslPolicyErrors? accepted = null;
        RabbitClient client = bed.NewClient(options => options.ConfigureDriver = factory => accepted = factory.Ssl.AcceptablePolicyErrors);
        await Bed.AllAsync(Bed.Publish(client, 1));

        Assert.Equal(SslPolicyErrors.None, accepted);
    }

    [Fact, Scenario("C11", "P28")]
    public void The_bare_drivers_URI_tells_the_password_and_the_SDK_does_not()
    {
        var telling = Assert.ThrowsAny<Exception>(static () => new ConnectionFactory { Uri = new Uri($"amqp://user:{TestLog.Canary}:7F3A@host") });
        Assert.Contains(TestLog.Canary, telling.ToString(), StringComparison.Ordinal);

        foreach (bool asUri in new[] { true, false })
        {
            // Where it belongs, with another fault, and where it does not.
            var options = new ResilientRabbitOptions();
            (asUri ? options.Uris : options.Endpoints).Add($"amqp://user:{TestLog.Canary}:7F3A@host:none");
            var refusal = Assert.Throws<OptionsValidationException>(() => new RabbitClient(options));

            Assert.DoesNotContain(TestLog.Canary, refusal.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(TestLog.Canary, options.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact, Scenario("C12", "P15,P29")]
    public async Task The_bare_driver_makes_sixty_seconds_of_half_a_second_and_the_SDK_refuses_it()
    {
        await using Bed bed = await Bed.StartAsync();
        await using IConnection connection = await bed.Driver(static factory => factory.RequestedHeartbeat = TimeSpan.FromMilliseconds(500)).CreateConnectionAsync();
        Assert.Equal(TimeSpan.FromSeconds(60), connection.Heartbeat);

        Assert.Throws<OptionsValidationException>(() => bed.NewClient(static options => options.Heartbeat = TimeSpan.FromMilliseconds(500)));
    }

    [Fact, Scenario("C15", "P12")]
    public async Task The_bare_driver_writes_into_the_callers_headers_and_the_SDK_does_not()
    {
        await using Bed bed = await Bed.StartAsync();
        await using IConnection connection = await bed.Driver().CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["mine"] = "1" };
        await channel.BasicPublishAsync("", Bed.Queue, mandatory: false, new BasicProperties { Headers = headers }, "m"u8.ToArray());
        Assert.Contains("x-dotnet-pub-seq-no", headers.Keys);

        RabbitClient client = bed.NewClient();
        var properties = new MessageProperties { MessageId = "id" };
        properties.Headers["mine"] = "1";
        byte[] body = Encoding.UTF8.GetBytes("body");
        await client.Publisher.PublishAsync("", Bed.Queue, body, properties).AsTask().WaitAsync(Bed.Patience);

        Assert.Equal(["mine"], properties.Headers.Keys);
        Assert.Equal("body"u8.ToArray(), body);
    }

    private static async Task PublishBothAsync(Bed bed)
    {
        await bed.Broker.PublishAsync(Bed.Queue, "nest"u8.ToArray());
        await bed.Broker.PublishAsync(Bed.Queue, "good"u8.ToArray());
    }

    private static FaultHandle Nest(Bed bed, int levels) => bed.Faults.FromBroker(AmqpMethod.BasicDeliver).Replace(entry => HostileBytes.Together(
        HostileBytes.Deliver((ushort)entry.Channel, entry.ConsumerTag!, entry.DeliveryTag!.Value),
        HostileBytes.Header((ushort)entry.Channel, 4, flags: 0x2000, HostileBytes.NestedTable(levels)),
        HostileBytes.Body((ushort)entry.Channel, 4)));
}
