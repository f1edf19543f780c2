using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>Credentials that the application gives to the driver itself, through the hatch in the options.</summary>
public sealed class DriverCredentialsTests
{
    [Fact]
    public async Task A_password_that_only_the_driver_was_given_is_masked_like_ours()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.Users.Add(new TestBrokerUser("nova", TestLog.Canary)));
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log, static options => options.ConfigureDriver = static factory => factory.CredentialsProvider = new BasicCredentialsProvider("a drill", "nova", TestLog.Canary));
        await Bed.AllAsync(Bed.Publish(client, 1));

        await bed.Broker.CloseAllConnectionsAsync("the password " + TestLog.Canary + " is");
        await Bed.UntilAsync(() => log.Count(1003) > 0, "the loss");

        Assert.Contains(log.Lines, static line => line.Contains("the password " + new string('*', TestLog.Canary.Length) + " is", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains(TestLog.Canary, StringComparison.Ordinal));
    }
}
