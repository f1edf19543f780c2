using System.Text;
using Microsoft.Extensions.Logging;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>A password that a broker refuses is in no log, no exception, no status and no report. test.sh looks for the same secret in all output.</summary>
[Collection(ClusterGroup.Name)]
public sealed class SecretTests(OpenStackCluster group)
{
    private const string Secret = "zq9" + "CANARY" + "q9z";

    [Fact]
    public async Task A_refused_password_is_seen_nowhere()
    {
        _ = group.Cluster;
        string password = Uri.EscapeDataString($"{Secret}/:@%é");
        using var logs = new LogCapture();
        using ILoggerFactory loggers = logs.Factory;
        await using var source = new OsloClient($"[DEFAULT]\ntransport_url = rabbit://nobody:{password}@127.0.0.1:{OpenStackCluster.ProxyPort}//\n[oslo_messaging_rabbit]\nssl_ca_file = {Secret}@host\n");
        source.Options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(8);
        var seen = new StringBuilder();
        await using (var client = new RabbitClient(source.Options, loggers))
        {
            client.StatusChanged += (_, change) => logs.Log(LogLevel.Information, 0, change.Current.ToString(), null, static (text, _) => text);
            PublishException refusal = await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", "queue", "body"u8.ToArray()).AsTask().WaitAsync(OsloClient.Limit));
            seen.Append(refusal).Append(refusal.InnerException).Append(client.Status).Append(source.Options).Append(source.Configuration.Report);
            Assert.Contains(client.Status.Connections, static connection => connection.LastFailure == ConnectionFailureReason.AuthenticationFailed);
        }

        foreach ((_, string text) in logs.Events)
        {
            seen.AppendLine(text);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(seen.ToString());
        Assert.NotEmpty(logs.Events);
        string all = seen.ToString();
        string[] forms = [Secret, Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), string.Concat(Secret.Select(static letter => FormattableString.Invariant($"%{(int)letter:X2}")))];
        Assert.All(forms, form => Assert.DoesNotContain(form, all, StringComparison.OrdinalIgnoreCase));
    }
}
