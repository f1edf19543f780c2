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

    [Fact]
    public async Task Another_password_is_tried_at_once_and_not_after_the_pause_that_the_refused_one_has_earned()
    {
        await using Bed bed = await Bed.StartAsync();
        ResilientRabbitOptions Options(string password) => new() { Endpoints = { bed.Endpoint }, Password = password, ReconnectMaxDelay = TimeSpan.FromHours(1) };
        await using var client = new RabbitClient(Options("wrong"));
        Task connecting = client.ConnectAsync();
        await Bed.UntilAsync(() => client.Status.State == ConnectionState.Faulted, "the refusal");

        client.Reconfigure(Options("guest"));

        await connecting.WaitAsync(Bed.Patience);
    }

    [Fact]
    public async Task A_reload_in_which_nothing_is_different_brings_no_attempt()
    {
        await using Bed bed = await Bed.StartAsync();
        ResilientRabbitOptions Options(string password) => new() { Endpoints = { bed.Endpoint }, Password = password, ReconnectMaxDelay = TimeSpan.FromHours(1) };
        await using var client = new RabbitClient(Options("wrong"));
        Task connecting = client.ConnectAsync();
        int Faulted() => client.Status.Connections.Count(static connection => connection.State == ConnectionState.Faulted);
        await Bed.UntilAsync(() => Faulted() > 0 && Faulted() == bed.Line.AcceptedCount && client.Status.Connections.All(static connection => connection.State is ConnectionState.Faulted or ConnectionState.Disconnected), "the refusals");
        int refused = Faulted();

        client.Reconfigure(Options("wrong"));

        // Meanwhile another one has gone all the way: an attempt would have begun.
        RabbitClient other = bed.NewClient();
        await other.ConnectAsync().WaitAsync(Bed.Patience);
        client.Reconfigure(Options("guest"));
        await connecting.WaitAsync(Bed.Patience);

        static int Connected(RabbitClient one) => one.Status.Connections.Count(static connection => connection.State == ConnectionState.Connected);
        await Bed.UntilAsync(() => refused + Connected(client) + Connected(other) == bed.Line.AcceptedCount, "no attempt more than those that were refused or are connected");
    }
}
