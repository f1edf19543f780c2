using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Management;
using ResilientRabbit.Tests.Architecture;
using Xunit;

namespace ResilientRabbit.Tests.Diagnostics;

/// <summary>Dashboard, alerts and pages name what exists, and everything that exists.</summary>
public sealed partial class ObservabilityPagesTests
{
    private static readonly Instrument[] All = Published();

    [Fact]
    public void The_dashboard_and_the_alerts_use_instruments_and_tags_that_exist()
    {
        HashSet<string> names = [.. All.SelectMany(PrometheusNames)];
        HashSet<string> labels = [.. TagKeys().Select(static key => key.Replace('.', '_')), "le"];

        string[] expressions = [.. DashboardExpressions(), .. AlertExpressions()];

        Assert.True(expressions.Length >= 25, $"{expressions.Length} expressions");
        string[] unknownNames = [.. expressions.SelectMany(static expression => Metric().Matches(expression)).Select(static match => match.Value).Where(name => !names.Contains(name) && !labels.Contains(name))];
        string[] unknownLabels = [.. expressions.SelectMany(static expression => Label().Matches(expression)).Select(static match => match.Groups["label"].Value).Where(label => !labels.Contains(label))];
        Assert.Empty(unknownNames);
        Assert.Empty(unknownLabels);
    }

    [Fact]
    public void Each_instrument_is_on_the_dashboard()
    {
        string dashboard = string.Join('\n', DashboardExpressions());

        Assert.Empty(All.Where(instrument => !PrometheusNames(instrument).Any(name => dashboard.Contains(name, StringComparison.Ordinal))).Select(static instrument => instrument.Name));
    }

    [Fact]
    public void Each_instrument_has_a_row_on_its_page_and_no_other_has()
    {
        string[] listed = [.. Page("observability.md").Split('\n').Select(static line => Row().Match(line)).Where(static match => match.Success).Select(static match => match.Groups["name"].Value).Order(StringComparer.Ordinal)];

        Assert.Equal(All.Select(static instrument => instrument.Name).Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public void Each_log_event_has_a_row_on_its_page()
    {
        string page = Page("observability.md");
        IEnumerable<string> missing = typeof(IRabbitClient).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()
            .Select(static attribute => $"| {attribute.EventId} | `{attribute.EventName}` | {(attribute.Level == LogLevel.None ? "varies" : attribute.Level)} |")
            .Where(row => !page.Contains(row, StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void Each_reason_of_the_health_check_is_on_its_page()
    {
        string judge = File.ReadAllText(Path.Combine(SourceTree.Root, "src", "ResilientRabbit", "Diagnostics", "HealthJudge.cs"));
        string[] reasons = [.. Reason().Matches(judge).Select(static match => match.Groups["reason"].Value).Where(static reason => reason is not "alive").Distinct(StringComparer.Ordinal)];

        Assert.True(reasons.Length >= 11, string.Join(", ", reasons));
        Assert.All(reasons, static reason => Assert.Contains($"| `{reason}` |", Page("observability.md"), StringComparison.Ordinal));
    }

    [Fact]
    public void Each_failure_has_an_entry_that_its_help_link_leads_to()
    {
        string[] links =
        [
            .. Enum.GetValues<PublishFailure>().Select(HelpLinks.Of),
            .. Enum.GetValues<ConnectionFailureReason>().Select(HelpLinks.Of),
            .. Enum.GetValues<ManagementFailure>().Select(static failure => new ManagementException(failure, "no").HelpLink!),
            new TopologyException("queue 'q'", 406, "no", "no").HelpLink!,
            new MessageFormatException("no").HelpLink!,
            new PublishCanceledException(PublishFailure.NotSent, "id", CancellationToken.None).HelpLink!,
        ];
        string[] anchors = [.. Page("troubleshooting.md").Split('\n').Where(static line => line.StartsWith("### ", StringComparison.Ordinal)).Select(static line => "docs/troubleshooting.md#" + line[4..].ToLowerInvariant().Replace(' ', '-'))];

        Assert.Equal(links.Order(StringComparer.Ordinal), anchors.Order(StringComparer.Ordinal));
        Assert.Equal("docs/troubleshooting.md#connection-timed-out", new ConnectionException(ConnectionFailureReason.TimedOut, null, "late").HelpLink);
    }

    private static Instrument[] Published()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new ClientTelemetry("pages", services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        List<Instrument> published = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == telemetry.Instruments.OperationDuration.Meter)
                {
                    published.Add(instrument);
                }
            },
        };
        listener.Start();
        return [.. published];
    }

    // As OpenTelemetry's exporter does: dots become underscores; the unit's word and, for counters, "total" are appended.
    private static IEnumerable<string> PrometheusNames(Instrument instrument)
    {
        string name = instrument.Name.Replace('.', '_') + (instrument.Unit switch { "s" => "_seconds", _ => "" });
        return instrument switch
        {
            Histogram<double> => [name + "_bucket", name + "_sum", name + "_count"],
            Counter<long> or ObservableCounter<long> or ObservableCounter<double> => [name + "_total"],
            _ => [name],
        };
    }

    private static IEnumerable<string> TagKeys()
        => typeof(TelemetryTags).GetFields().Where(static field => field.IsLiteral).Select(static field => (string)field.GetRawConstantValue()!).Where(static value => value.Contains('.', StringComparison.Ordinal));

    private static IEnumerable<string> DashboardExpressions()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Page("observability/dashboard.json"));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(static panel => panel.GetProperty("targets").EnumerateArray()).Select(static target => target.GetProperty("expr").GetString()!)];
    }

    private static IEnumerable<string> AlertExpressions()
        => Page("observability/alerts.yml").Split('\n').Where(static line => line.TrimStart().StartsWith("expr: ", StringComparison.Ordinal)).Select(static line => line.Trim()["expr: ".Length..]);

    private static string Page(string name) => File.ReadAllText(Path.Combine(SourceTree.Root, "docs", name)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"\b(rabbitmq|messaging)_[a-z_]+\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"(?<label>[a-z_]+)\s*(=~|!=|!~|=)\s*""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"^\| `(?<name>(rabbitmq|messaging)\.[a-z_.]+)` \| (histogram|counter|up-down counter|gauge)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Row();

    [GeneratedRegex(@"(healthy\(|HealthStatus\.\w+, )""(?<reason>[a-z-]+)""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reason();
}
