using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>Two real sites, three nodes and one, 40 ms apart: federation and shovels that the management client has made, while the line is cut and nodes are killed.</summary>
[Collection(SitesGroup.Name)]
public sealed class SitesTransferTests(SitesFixture fixture)
{
    private const int Batch = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TransferAckMode[] Modes = [TransferAckMode.OnConfirm, TransferAckMode.OnPublish, TransferAckMode.NoAck];

    private readonly string _suffix = Guid.NewGuid().ToString("N")[..6];
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> _published = new(StringComparer.Ordinal);

    private string Exchange => "shop-" + _suffix;

    private string Orders => "orders-" + _suffix;

    private string Work => "work-" + _suffix;

    [Fact]
    public async Task Federation_and_shovels_carry_everything_through_cuts_and_killed_nodes()
    {
        TwoSites sites = fixture.Sites;
        await sites.Near.RepairAsync();
        await sites.Far.RepairAsync();
        using RabbitManagementClient near = NewManagement(sites, sites.Near);
        using RabbitManagementClient far = NewManagement(sites, sites.Far);
        await using RabbitClient nearRabbit = BridgeBench.NewClient(sites.Near.Nodes.Select(static node => node.Address));
        await using RabbitClient farRabbit = BridgeBench.NewClient(sites.Far.Nodes.Select(static node => node.Address));
        await DeclareAsync(nearRabbit, farRabbit, IsMirroring(sites));
        await SetUpAsync(sites, near, far);
        await AssertToldByCtlAsync(sites);
        var worker = new Collector();
        await using ISubscription subscription = await farRabbit.SubscribeAsync(Work, worker);
        await RunAsync(near, far);

        await PublishAsync(nearRabbit);
        sites.ToFar.Cut();
        sites.ToNear.Cut();
        await PublishAsync(nearRabbit);
        await ManagementFixture.EventuallyAsync(async () => RunningOf(await near.ListShovelStatusAsync(), await far.ListFederationLinksAsync()), static running => running == 0, "something still runs without a line", Patience);
        sites.ToFar.Heal();
        sites.ToNear.Heal();
        await RunAsync(near, far);

        IRabbitNode leader = await sites.Near.GetQueueLeaderAsync(Out(TransferAckMode.OnConfirm));
        await leader.KillAsync();
        await PublishAsync(nearRabbit);
        await sites.Far.Nodes[0].KillAsync();
        await PublishAsync(nearRabbit);
        await sites.Far.Nodes[0].StartAsync();
        await leader.StartAsync();
        await RunAsync(near, far);
        string[] late = await PublishAsync(nearRabbit);

        await AssertArrivedAsync(sites, In(TransferAckMode.OnConfirm), _published[Out(TransferAckMode.OnConfirm)].Keys);
        await AssertArrivedAsync(sites, Orders, _published[Exchange].Keys);
        await ManagementFixture.EventuallyAsync(() => Task.FromResult(_published[Work].Keys.Except(worker.Seen.Keys, StringComparer.Ordinal).Count()), static missing => missing == 0, "messages of the federated queue are missing", Patience);
        foreach (TransferAckMode mode in Modes[1..])
        {
            // These may lose by their nature what was under way; what comes after the trouble they carry.
            await AssertArrivedAsync(sites, In(mode), late.Where(id => id.StartsWith(Out(mode), StringComparison.Ordinal)));
        }

        await CleanUpAsync(sites, near, far);
    }

    private static RabbitManagementClient NewManagement(TwoSites sites, IRabbitCluster cluster)
    {
        var options = new ManagementOptions();
        foreach (IRabbitNode node in cluster.Nodes)
        {
            options.Addresses.Add($"http://{sites.ManagementOf(node)}");
        }

        return new RabbitManagementClient(options);
    }

    private static int RunningOf(IReadOnlyList<ShovelStatus> shovels, IReadOnlyList<FederationLinkInfo> links)
        => shovels.Count(static shovel => shovel.IsRunning) + links.Count(static link => link.IsRunning);

    private static string[] UrisOf(IEnumerable<ClusterAddress> addresses) => [.. addresses.Select(static address => $"amqp://guest:guest@{address}?heartbeat=5")];

    private static string Word(TransferAckMode mode) => mode.ToString().ToLowerInvariant();

    private string Out(TransferAckMode mode) => $"out-{Word(mode)}-{_suffix}";

    private string In(TransferAckMode mode) => $"in-{Word(mode)}-{_suffix}";

    // Where queues are not mirrored, those of the near site are quorum queues: they outlive a node there.
    private static bool IsMirroring(TwoSites sites) => sites.Near.Version.StartsWith("3.", StringComparison.Ordinal);

    private async Task DeclareAsync(RabbitClient near, RabbitClient far, bool isMirroring)
    {
        TopologyBuilder Near(TopologyBuilder topology, string queue) => isMirroring ? topology.ClassicQueue(queue) : topology.QuorumQueue(queue);
        TopologyBuilder here = Near(new TopologyBuilder().Exchange(Exchange, "topic"), Work);
        TopologyBuilder there = new TopologyBuilder().Exchange(Exchange, "topic").ClassicQueue(Orders).ClassicQueue(Work).Bind(Orders, Exchange, "#");
        foreach (TransferAckMode mode in Modes)
        {
            Near(here, Out(mode));
            there.ClassicQueue(In(mode));
        }

        await near.DeclareAsync(here.Build());
        await far.DeclareAsync(there.Build());
    }

    private async Task SetUpAsync(TwoSites sites, RabbitManagementClient near, RabbitManagementClient far)
    {
        await far.SetFederationUpstreamAsync(new FederationUpstream { Name = "near", Uris = UrisOf(sites.ToNear.Addresses), ReconnectDelay = TimeSpan.FromSeconds(1), QueueType = IsMirroring(sites) ? null : QueueType.Quorum });
        await far.SetPolicyAsync(new PolicySpec { Name = "exchange", Pattern = $"^{Exchange}$", ApplyTo = PolicyScope.Exchanges, Priority = 5, Definition = new Dictionary<string, object?> { ["federation-upstream"] = "near" } });
        await far.SetPolicyAsync(new PolicySpec { Name = "queue", Pattern = $"^{Work}$", ApplyTo = PolicyScope.Queues, Priority = 5, Definition = new Dictionary<string, object?> { ["federation-upstream"] = "near" } });
        foreach (TransferAckMode mode in Modes)
        {
            await near.SetShovelAsync(new Shovel { Name = Word(mode), SourceUris = ["amqp://"], SourceQueue = Out(mode), DestinationUris = UrisOf(sites.ToFar.Addresses), DestinationQueue = In(mode), AckMode = mode });
        }
    }

    private async Task AssertToldByCtlAsync(TwoSites sites)
    {
        Assert.Equal(["federation-upstream near"], await ToldAsync(sites.Far, "list_parameters", "component", "name"));
        Assert.Equal([$"exchange ^{Exchange}$", $"queue ^{Work}$"], (await ToldAsync(sites.Far, "list_policies", "name", "pattern")).Where(row => row.Contains(_suffix, StringComparison.Ordinal)));
        Assert.Equal(["shovel noack", "shovel onconfirm", "shovel onpublish"], await ToldAsync(sites.Near, "list_parameters", "component", "name"));
    }

    private static async Task<string[]> ToldAsync(IRabbitCluster cluster, string command, string first, string second)
    {
        using JsonDocument document = JsonDocument.Parse(await cluster.Nodes[0].RunCtlAsync("-q", "--formatter", "json", command));
        return [.. document.RootElement.EnumerateArray().Select(row => $"{row.GetProperty(first).GetString()} {row.GetProperty(second).GetString()}").Order(StringComparer.Ordinal)];
    }

    // Three shovels; two links from each of the upstream's names.
    private static Task<(bool All, string Text)> RunAsync(RabbitManagementClient near, RabbitManagementClient far) => ManagementFixture.EventuallyAsync(
        async () =>
        {
            IReadOnlyList<ShovelStatus> shovels = await near.ListShovelStatusAsync();
            IReadOnlyList<FederationLinkInfo> links = await far.ListFederationLinksAsync();
            return (All: RunningOf(shovels, links) == 5, Text: string.Join(", ", shovels.Select(static shovel => $"{shovel.Name} {shovel.State}").Concat(links.Select(static link => $"{link.Type} {link.Status} {link.Error}"))));
        },
        static found => found.All,
        "not everything runs",
        Patience);

    private async Task<string[]> PublishAsync(RabbitClient near)
    {
        (string Exchange, string Key)[] targets = [(Exchange, "order.1"), ("", Work), .. Modes.Select(mode => ("", Out(mode)))];
        List<string> ids = [];
        foreach ((string exchange, string key) in targets)
        {
            string name = exchange.Length > 0 ? exchange : key;
            ConcurrentDictionary<string, bool> known = _published.GetOrAdd(name, static _ => new ConcurrentDictionary<string, bool>(StringComparer.Ordinal));
            OutboundMessage[] messages = [.. Enumerable.Range(known.Count, Batch).Select(number => new OutboundMessage
            {
                Exchange = exchange,
                RoutingKey = key,
                Body = new byte[64],
                Properties = new MessageProperties { MessageId = string.Create(CultureInfo.InvariantCulture, $"{name}/{number}") },
            })];
            PublishBatchResult result = await near.Publisher.PublishBatchAsync(messages);
            Assert.True(result.AllConfirmed, name);
            foreach (OutboundMessage message in messages)
            {
                known[message.Properties!.MessageId!] = true;
                ids.Add(message.Properties.MessageId!);
            }
        }

        return [.. ids];
    }

    private static async Task AssertArrivedAsync(TwoSites sites, string queue, IEnumerable<string> wanted)
    {
        HashSet<string> missing = new(wanted, StringComparer.Ordinal);
        Assert.NotEmpty(missing);
        await ManagementFixture.EventuallyAsync(
            async () =>
            {
                missing.ExceptWith((await sites.Far.DrainAsync(queue)).Select(static message => message.MessageId!));
                return missing.Count;
            },
            static count => count == 0,
            $"messages are missing in {queue}",
            Patience);
    }

    private async Task CleanUpAsync(TwoSites sites, RabbitManagementClient near, RabbitManagementClient far)
    {
        foreach (TransferAckMode mode in Modes)
        {
            await near.DeleteShovelAsync(Word(mode));
            await near.DeleteQueueAsync(Out(mode));
            await far.DeleteQueueAsync(In(mode));
        }

        await far.DeletePolicyAsync("exchange");
        await far.DeletePolicyAsync("queue");
        await far.DeleteFederationUpstreamAsync("near");
        Assert.Empty(await ToldAsync(sites.Near, "list_parameters", "component", "name"));
        Assert.Empty(await ToldAsync(sites.Far, "list_parameters", "component", "name"));
    }

    private sealed class Collector : IMessageHandler
    {
        public ConcurrentDictionary<string, bool> Seen { get; } = new(StringComparer.Ordinal);

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            Seen[message.MessageId!] = true;
            return ValueTask.FromResult(Settlement.Ack);
        }
    }
}
