using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The calls about federation and shovels, between two virtual hosts of one cluster: messages flow, and rabbitmqctl shows what was set.</summary>
[Collection(ManagementGroup.Name)]
public sealed class TransferCallTests(ManagementFixture fixture)
{
    [Fact]
    [Calls(nameof(IRabbitManagementClient.SetFederationUpstreamAsync), nameof(IRabbitManagementClient.ListFederationUpstreamsAsync), nameof(IRabbitManagementClient.DeleteFederationUpstreamAsync),
        nameof(IRabbitManagementClient.SetFederationUpstreamSetAsync), nameof(IRabbitManagementClient.ListFederationUpstreamSetsAsync), nameof(IRabbitManagementClient.DeleteFederationUpstreamSetAsync),
        nameof(IRabbitManagementClient.ListFederationLinksAsync))]
    public async Task Federation_set_up_by_the_client_carries_messages()
    {
        string far = await fixture.NewVirtualHostAsync();
        string near = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(near);
        await using RabbitClient farRabbit = fixture.NewRabbitClient(far);
        await using RabbitClient nearRabbit = fixture.NewRabbitClient(near);
        await farRabbit.DeclareAsync(new TopologyBuilder().Exchange("shop", "topic").Build());
        await nearRabbit.DeclareAsync(new TopologyBuilder().Exchange("shop", "topic").ClassicQueue("orders").Bind("orders", "shop", "order.#").Build());
        var upstream = new FederationUpstream
        {
            Name = "bei/jing",
            Uris = [.. fixture.Cluster.Nodes.Select(node => UriOf(node, far))],
            AckMode = TransferAckMode.OnPublish,
            Prefetch = 100,
            ReconnectDelay = TimeSpan.FromSeconds(1),
            MaxHops = 2,
            Expires = TimeSpan.FromHours(1),
            MessageTtl = TimeSpan.FromMinutes(1),
            TrustUserId = true,

            // 3.x knows no such key.
            QueueType = fixture.HasMirroring ? null : QueueType.Quorum,
        };

        await client.SetFederationUpstreamAsync(upstream);
        await client.SetFederationUpstreamSetAsync(new FederationUpstreamSet("sites", ["bei/jing"]));
        await client.SetPolicyAsync(new PolicySpec { Name = "federation", Pattern = "^shop$", ApplyTo = PolicyScope.Exchanges, Definition = new Dictionary<string, object?> { ["federation-upstream-set"] = "sites" } });
        FederationLinkInfo link = Assert.Single(await ManagementFixture.EventuallyAsync(() => client.ListFederationLinksAsync(), static links => links is [{ IsRunning: true }], "no link runs"));
        await ManagementFixture.EventuallyAsync(
            async () =>
            {
                await farRabbit.Publisher.PublishAsync(new OutboundMessage { Exchange = "shop", RoutingKey = "order.1", Body = "far"u8.ToArray(), Mandatory = false });
                return await fixture.Cluster.GetMessageCountAsync("orders", near);
            },
            static count => count > 0,
            "nothing came over the link");

        FederationUpstream found = Assert.Single(await client.ListFederationUpstreamsAsync());
        Assert.Equal(upstream.Uris, found.Uris);
        Assert.Equal(upstream with { Uris = [] }, found with { Uris = [] });
        FederationUpstreamSet set = Assert.Single(await client.ListFederationUpstreamSetsAsync());
        Assert.Equal(("sites", "bei/jing"), (set.Name, Assert.Single(set.Upstreams)));
        Assert.Equal(("exchange", "shop", "bei/jing", near), (link.Type, link.Exchange, link.Upstream, link.VirtualHost));
        Assert.DoesNotContain("guest", link.Uri, StringComparison.Ordinal);
        Assert.Equal(["federation-upstream bei/jing", "federation-upstream-set sites"], await ParametersOfCtlAsync(near));
        Assert.Contains("running", await fixture.Cluster.Nodes[0].RunCtlAsync("eval", "[proplists:get_value(status, L) || N <- rabbit_nodes:all_running(), L <- rpc:call(N, rabbit_federation_status, status, [])]."), StringComparison.Ordinal);

        await client.DeletePolicyAsync("federation");
        await client.DeleteFederationUpstreamSetAsync("sites");
        await client.DeleteFederationUpstreamAsync("bei/jing");
        Assert.Empty(await ParametersOfCtlAsync(near));
        await ManagementFixture.EventuallyAsync(() => client.ListFederationLinksAsync(), static links => links.Count == 0, "the link goes on");
    }

    [Theory]
    [InlineData(TransferAckMode.OnConfirm, "on-confirm")]
    [InlineData(TransferAckMode.OnPublish, "on-publish")]
    [InlineData(TransferAckMode.NoAck, "no-ack")]
    [Calls(nameof(IRabbitManagementClient.SetShovelAsync), nameof(IRabbitManagementClient.ListShovelsAsync), nameof(IRabbitManagementClient.ListShovelStatusAsync), nameof(IRabbitManagementClient.DeleteShovelAsync))]
    public async Task A_shovel_set_up_by_the_client_carries_messages(TransferAckMode mode, string word)
    {
        string far = await fixture.NewVirtualHostAsync();
        string near = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(near);
        await using RabbitClient nearRabbit = fixture.NewRabbitClient(near);
        await using RabbitClient farRabbit = fixture.NewRabbitClient(far);
        await nearRabbit.DeclareAsync(new TopologyBuilder().ClassicQueue("out").Build());
        await farRabbit.DeclareAsync(new TopologyBuilder().ClassicQueue("in").Build());
        await nearRabbit.Publisher.PublishAsync("", "out", "near"u8.ToArray());
        var shovel = new Shovel
        {
            Name = "to/beijing",
            SourceUris = [UriOf(fixture.Cluster.Nodes[0], near)],
            SourceQueue = "out",
            SourcePrefetch = 50,
            DestinationUris = [.. fixture.Cluster.Nodes.Select(node => UriOf(node, far))],
            DestinationQueue = "in",
            AckMode = mode,
            ReconnectDelay = TimeSpan.FromSeconds(2),
            AddForwardHeaders = true,
        };

        await client.SetShovelAsync(shovel);
        await ManagementFixture.EventuallyAsync(() => fixture.Cluster.GetMessageCountAsync("in", far), static count => count == 1, "the message was not carried");
        ShovelStatus status = Assert.Single(await ManagementFixture.EventuallyAsync(() => client.ListShovelStatusAsync(), static list => list is [{ IsRunning: true }], "it does not run"));

        Shovel found = Assert.Single(await client.ListShovelsAsync());
        Assert.Equal(shovel.SourceUris, found.SourceUris);
        Assert.Equal(shovel.DestinationUris, found.DestinationUris);
        Assert.Equal(shovel with { SourceUris = [], DestinationUris = [] }, found with { SourceUris = [], DestinationUris = [] });
        Assert.Equal(("to/beijing", near, "dynamic"), (status.Name, status.VirtualHost, status.Type));
        Assert.DoesNotContain("guest", status.SourceUri + status.DestinationUri, StringComparison.Ordinal);
        Assert.Equal(["shovel to/beijing"], await ParametersOfCtlAsync(near));
        Assert.Contains($"\"ack-mode\":\"{word}\"", await fixture.Cluster.Nodes[0].RunCtlAsync("-q", "--formatter", "json", "list_parameters", "-p", near).ContinueWith(static text => text.Result.Replace("\\", "", StringComparison.Ordinal), TaskScheduler.Default), StringComparison.Ordinal);

        await client.DeleteShovelAsync("to/beijing");
        Assert.Empty(await ParametersOfCtlAsync(near));
        await ManagementFixture.EventuallyAsync(() => client.ListShovelStatusAsync(), static list => list.Count == 0, "it goes on");
    }

    private static string UriOf(IRabbitNode node, string virtualHost) => $"amqp://guest:guest@{node.Address}/{Uri.EscapeDataString(virtualHost)}";

    private async Task<IReadOnlyList<string>> ParametersOfCtlAsync(string virtualHost)
        => [.. (await fixture.ListAsync("list_parameters", "-p", virtualHost)).Select(static row => $"{row.GetProperty("component").GetString()} {row.GetProperty("name").GetString()}").Order(StringComparer.Ordinal)];
}
