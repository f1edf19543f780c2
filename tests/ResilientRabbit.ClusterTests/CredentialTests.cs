using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>A password that changes on the broker while messages flow.</summary>
[Collection(ClusterGroup.Name)]
public sealed class CredentialTests(ClusterFixture fixture)
{
    private const string OldPassword = "cluster-secret-old";
    private const string NewPassword = "cluster-secret-new";
    private const int Connections = 2;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(6);

    private readonly string _userName = "rotating-" + Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public async Task A_password_changed_on_the_broker_costs_no_message_once_the_configuration_has_the_new_one()
    {
        await using ProxyRow row = await ProxyRow.StartAsync(fixture.Cluster);
        IConfigurationRoot root = Configure(row);
        await using ServiceProvider services = new ServiceCollection().AddLogging().AddResilientRabbit(root.GetSection("Rabbit")).Services.BuildServiceProvider();

        await RotateAsync("configuration", row, services.GetRequiredService<IRabbitClient>(), () =>
        {
            root["Rabbit:Password"] = NewPassword;
            root.Reload();
        });
    }

    [Fact]
    public async Task A_password_changed_on_the_broker_costs_no_message_once_the_provider_returns_the_new_one()
    {
        await using ProxyRow row = await ProxyRow.StartAsync(fixture.Cluster);
        var provider = new Provider(_userName);
        var options = new ResilientRabbitOptions { CredentialsProvider = provider, ReconnectMaxDelay = Cap };
        options.Publisher.Connections = Connections;
        row.AddTo(options.Endpoints);
        await using var client = new RabbitClient(options, TestLog.Create());

        await RotateAsync("provider", row, client, () => provider.Password = NewPassword);
    }

    private async Task RotateAsync(string source, ProxyRow row, IRabbitClient client, Action change)
    {
        IRabbitCluster cluster = fixture.Cluster;
        await cluster.RepairAsync();
        IRabbitNode node = cluster.Nodes[0];
        await node.RunCtlAsync("add_user", _userName, OldPassword);
        await node.RunCtlAsync("set_permissions", _userName, ".*", ".*", ".*");
        string queue = "rotated-" + Guid.NewGuid().ToString("N");
        await cluster.DeclareQueueAsync(queue, quorum: true);
        SteadyPublisher[] publishers = [.. Enumerable.Range(0, 4).Select(number => new SteadyPublisher(client, queue, string.Create(CultureInfo.InvariantCulture, $"key{number}"), TimeSpan.FromMilliseconds(20)))];
        Array.ForEach(publishers, static publisher => publisher.Start());
        await Until.TrueAsync(() => publishers.All(static publisher => publisher.Confirmed >= 50), () => $"{client.Status}");

        await node.RunCtlAsync("change_password", _userName, NewPassword);
        long confirmed = client.Status.Publishing.Confirmed;
        await Until.TrueAsync(() => client.Status.Publishing.Confirmed > confirmed + 20, () => "An open connection does not mind the new password.");
        var meter = new AttemptMeter(row.Proxies);
        await using (meter)
        {
            row.Proxies.ToList().ForEach(static proxy => proxy.ResetAll());
            await Until.TrueAsync(() => client.Status.State == ConnectionState.Faulted, () => $"{client.Status}");

            // The old password is refused this long; nothing waits for it to be right.
            await Task.Delay(Refused);
        }

        Assert.Contains(client.Status.Connections, static connection => connection.LastFailure == ConnectionFailureReason.AuthenticationFailed);
        long changed = Stopwatch.GetTimestamp();
        change();
        await Until.TrueAsync(() => publishers.All(publisher => publisher.HasConfirmedAfter(changed)), () => $"{client.Status}");
        TimeSpan back = Stopwatch.GetElapsedTime(changed);
        await Task.WhenAll(publishers.Select(static publisher => publisher.StopAsync(TimeSpan.FromSeconds(130))));

        IReadOnlyList<DrainedMessage> drained = await cluster.DrainAsync(queue);
        Verdict verdict = HistoryChecker.Check([.. publishers.SelectMany(static publisher => publisher.Sent)], [.. drained.Select(TestBody.Read)]);
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"password changed, {source}: {meter.Count} attempts of {Connections} connections in {Refused.TotalSeconds:0} s of refusal at a longest pause of {Cap.TotalSeconds:0} s, all keys confirmed {FaultReport.Milliseconds(back)} after the new one was configured | {verdict}"));
        Assert.True(verdict is { IsSafe: true, Failed: 0, Unknown: 0 }, $"{verdict}");

        // One at once, then one for each longest pause, which jitter does not shorten.
        Assert.InRange(meter.Count, Connections, Connections * (int)((Refused / Cap) + 2));
        await cluster.DeleteQueueAsync(queue);
        await node.RunCtlAsync("delete_user", _userName);
    }

    private IConfigurationRoot Configure(ProxyRow row)
    {
        List<string> endpoints = [];
        row.AddTo(endpoints);
        return new ConfigurationBuilder().AddInMemoryCollection(
        [
            KeyValuePair.Create("Rabbit:Endpoints", (string?)string.Join(',', endpoints)),
            KeyValuePair.Create("Rabbit:UserName", (string?)_userName),
            KeyValuePair.Create("Rabbit:Password", (string?)OldPassword),
            KeyValuePair.Create("Rabbit:ReconnectMaxDelay", (string?)Cap.ToString()),
            KeyValuePair.Create("Rabbit:Publisher:Connections", (string?)Connections.ToString(CultureInfo.InvariantCulture)),
        ]).Build();
    }

    private sealed class Provider(string userName) : IRabbitCredentialsProvider
    {
        private volatile string _password = OldPassword;

        public string Password
        {
            set => _password = value;
        }

        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new RabbitCredentials(userName, _password));
    }
}
