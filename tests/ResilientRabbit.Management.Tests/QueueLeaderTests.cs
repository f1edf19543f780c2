using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>Which node leads the queue behind a destination: asked, and never guessed.</summary>
public sealed class QueueLeaderTests
{
    private const string Quorum = """{"name":"q","type":"quorum","node":"rabbit@1","leader":"rabbit@2"}""";
    private const string Classic = """{"name":"q","type":"classic","node":"rabbit@1"}""";

    [Theory]
    [InlineData(Quorum, "rabbit@2")]
    [InlineData(Classic, "rabbit@1")]
    [InlineData("""{"name":"q","type":"quorum"}""", null)]
    public async Task With_the_default_exchange_the_queue_is_the_routing_key(string queue, string? node)
    {
        await using var peer = new HttpPeer(_ => Reply(queue));

        Assert.Equal(node, await FindAsync(peer, "", "a/b"));
        Assert.StartsWith("/api/queues/shop%2F1/a%2Fb?", Assert.Single(peer.Seen).Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("q:a q:b", "topic", "anything", "q")]
    [InlineData("q:a r:b", "direct", "a", "q")]
    [InlineData("q:a r:b q:a", "direct", "a", "q")]
    [InlineData("q:a r:a", "direct", "a", null)]
    [InlineData("q:a r:b", "topic", "a", null)]
    [InlineData("q:a r:b", "fanout", "a", null)]
    [InlineData("q:a r:b", "direct", "c", null)]
    [InlineData("q:a !x:b", "direct", "b", null)]
    [InlineData("!x:a", "fanout", "a", null)]
    [InlineData("", "direct", "a", null)]
    public async Task Another_exchange_counts_where_it_leads_to_one_queue(string bindings, string type, string routingKey, string? queue)
    {
        string list = "[" + string.Join(',', bindings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static binding => binding.TrimStart('!').Split(':')).Zip(
            bindings.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            static (parts, text) => $$"""{"source":"e","vhost":"/","destination":"{{parts[0]}}","destination_type":"{{(text[0] == '!' ? "exchange" : "queue")}}","routing_key":"{{parts[1]}}","properties_key":"{{parts[1]}}"}""")) + "]";
        await using var peer = new HttpPeer(request => Reply(request.Target switch
        {
            var target when target.EndsWith("/exchanges/shop%2F1/e/bindings/source", StringComparison.Ordinal) => list,
            var target when target.Contains("/exchanges/", StringComparison.Ordinal) => $$"""{"name":"e","type":"{{type}}"}""",
            _ => Quorum,
        }));

        string? node = await FindAsync(peer, "e", routingKey);

        Assert.Equal(queue is null ? null : "rabbit@2", node);
        string[] asked = [.. peer.Seen.Select(static request => request.Target).Where(static target => target.Contains("/queues/", StringComparison.Ordinal))];
        Assert.Equal(queue is null ? [] : [$"/api/queues/shop%2F1/{queue}"], asked.Select(static target => target.Split('?')[0]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "..")]
    [InlineData(".", "a")]
    public async Task What_HTTP_cannot_address_is_not_asked_for(string exchange, string routingKey)
    {
        await using var peer = new HttpPeer(static _ => Reply(Quorum));

        Assert.Null(await FindAsync(peer, exchange, routingKey));
        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_has_no_leader_and_a_refusal_is_one()
    {
        await using var peer = new HttpPeer(static request => Reply("{}", request.Target.Contains("gone", StringComparison.Ordinal) ? 404 : 401));

        Assert.Null(await FindAsync(peer, "", "gone"));
        await Failing.WithAsync(ManagementFailure.Unauthorized, async () => await FindAsync(peer, "", "q"));
    }

    [Fact]
    public void Following_leaders_is_off_until_it_is_asked_for()
    {
        using ServiceProvider plain = new ServiceCollection().AddResilientRabbit("far", static _ => { }).AddManagement().Services.BuildServiceProvider();
        using ServiceProvider following = new ServiceCollection().AddResilientRabbit("far", static _ => { }).AddManagement().FollowQueueLeaders().Services.BuildServiceProvider();

        Assert.Null(plain.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get("far").QueueLeaderResolver);
        Assert.IsType<ManagementQueueLeaderResolver>(following.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get("far").QueueLeaderResolver);
        Assert.Throws<InvalidOperationException>(static () => new ServiceCollection().AddResilientRabbit().FollowQueueLeaders());
    }

    private static async Task<string?> FindAsync(HttpPeer peer, string exchange, string routingKey)
    {
        using RabbitManagementClient client = peer.NewClient();
        return await new ManagementQueueLeaderResolver(client).ResolveAsync(new QueueLeaderQuery("shop/1", exchange, routingKey), CancellationToken.None);
    }
}
