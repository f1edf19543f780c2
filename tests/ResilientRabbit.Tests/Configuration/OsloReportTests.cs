using System.Text;
using System.Text.Json;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class OsloReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rr-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("rabbit_quorum_queue = true", 2000, false)]
    [InlineData("rabbit_quorum_queue = true", 2001, true)]
    [InlineData("rabbit_transient_quorum_queue = true", 2001, true)]
    [InlineData("rabbit_ha_queues = true", 2001, false)]
    public void A_prefetch_that_no_quorum_queue_gives_is_noted(string key, int prefetch, bool noted)
    {
        string file = Write("a.conf", FormattableString.Invariant($"[oslo_messaging_rabbit]\n{key}\nrabbit_qos_prefetch_count = {prefetch}\n"));

        OsloConfigurationReport report = OsloConfiguration.Load(file).Report;

        Assert.Empty(report.Problems);
        Assert.Equal(noted, Lines(report, "rabbit_qos_prefetch_count")[0].Effect.Contains("a quorum queue serves at most 2000 at a time", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_key_is_reported_with_file_line_fate_and_value()
    {
        string first = Write("a.conf", $"[DEFAULT]\nrabbit_host = old\nmy_ip = 10.0.0.1\ntransport_url = rabbit://u:{Canary.Encoded}@h/v\n\n[oslo_messaging_rabbit]\nrabbit_max_retries = 3\nrabbit_qos_prefetch_count = 0\nheartbeat_timeout_treshold = 5\n[database]\nrabbit_host = other\n");
        string second = Write("b.conf", "[oslo_messaging_rabbit]\nrabbit_qos_prefetch_count = 20\nkombu_ssl_ca_certs = \n");

        OsloConfigurationReport report = OsloConfiguration.Load(first, second).Report;

        Assert.Empty(report.Problems);
        Assert.Equal([first, second], report.Files);
        AssertLine(report, "rabbit_host", $"{first}:2", OsloKeyFate.Overridden, "old");
        AssertLine(report, "transport_url", $"{first}:4", OsloKeyFate.Applied, "rabbit://u:***@h:5672/v");
        AssertLine(report, "rabbit_max_retries", $"{first}:7", OsloKeyFate.WithoutEffect, "3");
        AssertLine(report, "heartbeat_timeout_treshold", $"{first}:9", OsloKeyFate.Unknown, "***");
        AssertLine(report, "kombu_ssl_ca_certs", $"{second}:3", OsloKeyFate.Translated, "");
        Assert.Equal((OsloKeyFate.Overridden, OsloKeyFate.Translated), (Lines(report, "rabbit_qos_prefetch_count")[0].Fate, Lines(report, "rabbit_qos_prefetch_count")[1].Fate));
        Assert.Contains("Consumers:Prefetch = 20", Lines(report, "rabbit_qos_prefetch_count")[1].Effect, StringComparison.Ordinal);
        Assert.Equal(7, report.Lines.Count);
        Assert.Contains(report.Notices, static notice => notice.Contains("write [oslo_messaging_rabbit] ssl_ca_file", StringComparison.Ordinal));
        Assert.Contains(report.Notices, static notice => notice.Contains("the nearest one is 'heartbeat_timeout_threshold'", StringComparison.Ordinal));
        Assert.Contains("u:***@h:5672, virtual host v, without TLS", report.ToString(), StringComparison.Ordinal);
        Assert.False(Canary.IsIn(report.ToString()));
    }

    [Fact]
    public void A_value_that_holds_a_secret_is_masked_wherever_it_stands()
    {
        string file = Write("a.conf", $"[DEFAULT]\nrabbit_password = {Canary.Secret}\ncontrol_exchange = x-$rabbit_password\n[oslo_messaging_rabbit]\nssl_key_file = u:{Canary.Secret}@h\n");

        OsloConfigurationReport report = OsloConfiguration.Load(file).Report;

        Assert.False(Canary.IsIn(report.ToString()), "the report shows the secret");
        AssertLine(report, "control_exchange", $"{file}:3", OsloKeyFate.Translated, "x-***");
    }

    [Fact]
    public void What_no_file_says_leaves_the_options_alone()
    {
        string file = Write("a.conf", "[DEFAULT]\ntransport_url = rabbit://h/\n");
        var before = new ResilientRabbitOptions();

        ResilientRabbitOptions options = OsloConfiguration.Load(file).CreateOptions();

        Assert.Equal((before.Heartbeat, before.ReconnectStep, before.Publisher.Lanes, before.Declarations.Durable), (options.Heartbeat, options.ReconnectStep, options.Publisher.Lanes, options.Declarations.Durable));
        Assert.Equal("amqp://guest:guest@h:5672", Assert.Single(options.Uris));
    }

    [Fact]
    public void The_envelope_of_a_notification_goes_there_and_back()
    {
        using JsonDocument payload = JsonDocument.Parse("{\"number\":1,\"text\":\"é😀\"}");
        var notification = new OsloNotification { MessageId = "id", PublisherId = "p", EventType = "e", Timestamp = "t", Payload = payload.RootElement };

        Assert.True(OsloNotification.TryRead(notification.ToBody(), out OsloNotification? back));

        Assert.Equal(("id", "p", "e", "t", "INFO", "é😀"), (back!.MessageId, back.PublisherId, back.EventType, back.Timestamp, back.Priority, back.Payload.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"oslo.version\":\"3.0\",\"oslo.message\":\"{}\"}")]
    [InlineData("{\"oslo.version\":2,\"oslo.message\":\"{}\"}")]
    [InlineData("{\"oslo.version\":\"2.0\",\"oslo.message\":{}}")]
    [InlineData("{\"oslo.version\":\"2.0\",\"oslo.message\":\"{\"}")]
    [InlineData("{\"oslo.version\":\"2.0\",\"oslo.message\":\"\\ud800\"}")]
    public void What_is_no_notification_is_told_apart(string body) => Assert.False(OsloNotification.TryRead(Encoding.UTF8.GetBytes(body), out _));

    [Fact]
    public void Nesting_without_end_is_no_notification()
        => Assert.False(OsloNotification.TryRead(Encoding.UTF8.GetBytes(new string('[', 100_000)), out _));

    private static List<OsloReportLine> Lines(OsloConfigurationReport report, string key) => [.. report.Lines.Where(line => string.Equals(line.Key, key, StringComparison.Ordinal))];

    private static void AssertLine(OsloConfigurationReport report, string key, string place, OsloKeyFate fate, string value)
    {
        OsloReportLine line = Assert.Single(Lines(report, key));
        Assert.Equal((place, fate, value), (line.Place, line.Fate, line.Value));
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
