using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>What a change of the options at run time says.</summary>
public sealed class ReconfigureTests
{
    private const int Doubtful = 1013;

    [Fact]
    public async Task Switching_the_checks_of_TLS_off_at_run_time_is_logged_as_at_the_start()
    {
        using var log = new RecordingLog();
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { "node:5671" }, Tls = { Enabled = true } }, log);
        Assert.Equal(0, log.Count(Doubtful));

        client.Reconfigure(new ResilientRabbitOptions { Endpoints = { "node:5671" }, Tls = { Enabled = true, AcceptAnyCertificate = true, AllowInsecure = true } });

        Assert.Equal(1, log.Count(Doubtful));
        Assert.Contains(log.Lines, static line => line.Contains("Tls:AcceptAnyCertificate is on", StringComparison.Ordinal));
    }
}
