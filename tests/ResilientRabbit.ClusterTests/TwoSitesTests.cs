using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>The two-site part of the test library.</summary>
[Collection(SitesGroup.Name)]
public sealed class TwoSitesTests(SitesFixture fixture)
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_sites_are_far_from_each_other_and_their_line_can_be_cut_and_healed()
    {
        TwoSites sites = fixture.Sites;
        await sites.Far.RepairAsync();
        Assert.NotEqual(sites.Near.Nodes[0].Name, sites.Far.Nodes[0].Name);
        await using (var client = new RabbitClient(OptionsOf(sites.ToFar.Addresses[0])))
        {
            await sites.Far.DeclareQueueAsync("there", quorum: false);
            await PublishAsync(client);
            long start = Stopwatch.GetTimestamp();
            await PublishAsync(client);
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(40), Enough);

            foreach (Action cut in new Action[] { sites.ToFar.Cut, sites.ToFar.CutSilently })
            {
                cut();
                Task lost = PublishAsync(client);
                await Assert.ThrowsAsync<TimeoutException>(() => lost.WaitAsync(TimeSpan.FromSeconds(1)));
                sites.ToFar.Heal();
                await lost.WaitAsync(Enough);
            }
        }

        Assert.Contains("rabbitmq_shovel", await sites.Far.Nodes[0].RunCtlAsync("status"), StringComparison.Ordinal);
        await AssertManagementAsync(sites.ManagementOf(sites.Far.Nodes[0]));
        await AssertManagementAsync(sites.ManagementOf(sites.Near.Nodes[0]));
    }

    private static Task<PublishReceipt> PublishAsync(RabbitClient client) => client.Publisher.PublishAsync("", "there", new byte[10]).AsTask();

    private static async Task AssertManagementAsync(ClusterAddress address)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("guest:guest")));
        string overview = await http.GetStringAsync(new Uri($"http://{address}/api/overview"));
        Assert.Contains("rabbitmq_version", overview, StringComparison.Ordinal);
    }

    private static ResilientRabbitOptions OptionsOf(ClusterAddress address)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(address.ToString());
        return options;
    }
}
