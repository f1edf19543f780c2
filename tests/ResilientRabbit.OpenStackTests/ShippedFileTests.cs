using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>The files of OpenStack's services exactly as Debian ships them, and as operators change them.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ShippedFileTests(OpenStackCluster group)
{
    public static TheoryData<string> Names => [.. ShippedFiles.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_shipped_file_is_read_and_names_no_broker(string name)
    {
        Prerequisite.Require(ShippedFiles.MissingPrerequisite);
        var configuration = OsloConfiguration.Load(new OsloConfigurationSource(ShippedFiles.Find(name)!) { UseEnvironment = false });

        Assert.Empty(configuration.Report.Problems);
        Assert.Contains(configuration.Report.Notices, static notice => notice.Contains("guest at localhost:5672", StringComparison.Ordinal));
        Assert.Equal("localhost:5672", Assert.Single(Configuration.ClientSettings.From(configuration.CreateOptions()).Endpoints).ToString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_file_that_crudini_has_changed_is_used_through_HAProxy(string name)
    {
        Prerequisite.Require(ShippedFiles.MissingPrerequisite);
        Prerequisite.Require(File.Exists("/usr/bin/crudini") ? null : "Debian's package crudini is not installed.");
        _ = group.Cluster;
        using var folder = new TempFolder();
        string file = Path.Combine(folder.Path, Path.GetFileName(name));
        File.Copy(ShippedFiles.Find(name)!, file);
        await CrudiniAsync(file, "rabbit_host", "127.0.0.1");
        await CrudiniAsync(file, "rabbit_port", OpenStackCluster.ProxyPort.ToString(CultureInfo.InvariantCulture));

        await using OsloClient client = await new OsloClient(await File.ReadAllTextAsync(file)).ConnectAsync();
        string queue = Path.GetFileNameWithoutExtension(name) + "-" + client.Name;
        await client.Client.DeclareAsync(new TopologyBuilder().Queue(queue).Build());
        await client.RoundTripAsync(queue);

        Assert.Contains(client.Configuration.Report.Lines, static line => line is { Key: "rabbit_host", Group: "DEFAULT", Fate: OsloKeyFate.Applied, Notice: not null });
        Assert.All(client.Client.Status.Connections, static connection => Assert.Equal("127.0.0.1:5670", connection.Endpoint));
        await group.Cluster.DeleteQueueAsync(queue);
    }

    private static async Task CrudiniAsync(string file, string key, string value)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/crudini", ["--set", file, "DEFAULT", key, value]) { UseShellExecute = false })!;
        await process.WaitForExitAsync().WaitAsync(OsloClient.Limit);
        Assert.Equal(0, process.ExitCode);
    }
}
