using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Configuration;
using ResilientRabbit.Configuration.OpenStack;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>Our reader against Debian's oslo.config and oslo.messaging: the same files, the same values.</summary>
public sealed class DifferentialTests
{
    private const int RandomCaseCount = 150;

    // Their defaults differ between versions of oslo; ours are the newer ones.
    private static readonly string[] DefaultsDiffer = ["ssl_enforce_hostname_verification", "heartbeat_rate"];

    [Fact]
    public async Task Files_and_URLs_mean_what_they_mean_in_oslo()
    {
        Prerequisite.Require(Python.MissingPrerequisite);
        using var folder = new TempFolder();
        var writer = new CaseWriter(folder);
        HandMadeCases.Write(writer);
        RandomCases.Write(writer, RandomCaseCount);
        foreach (string name in ShippedFiles.Names)
        {
            if (ShippedFiles.Find(name) is { } file)
            {
                writer.Add(new DifferentialCase(name, [file]));
            }
        }

        string input = JsonSerializer.Serialize(writer.Cases.Select(static one => new { paths = one.Paths, environment = one.Environment, notifications = one.Notifications }));
        using JsonDocument results = JsonDocument.Parse(await Python.RunAsync("oslo_values.py", input, TimeSpan.FromMinutes(3)));

        Assert.InRange(writer.Cases.Count, 200, 10_000);
        Assert.Equal(writer.Cases.Count, results.RootElement.GetArrayLength());
        List<string> differences = [.. writer.Cases.Zip(results.RootElement.EnumerateArray()).SelectMany(static pair => Compare(pair.First, pair.Second).Select(text => $"{pair.First.Name}: {text}"))];
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{writer.Cases.Count} sets of files compared."));
    }

    private static IEnumerable<string> Compare(DifferentialCase one, JsonElement oslo)
    {
        var source = new OsloConfigurationSource(one.Paths) { ForNotifications = one.Notifications };
        OsloConfiguration ours = OsloConfiguration.Load(source, one.Environment.GetValueOrDefault);

        // What the files of certificates hold is no business of oslo's reader.
        string[] problems = [.. ours.Report.Problems.Where(static problem => !problem.Contains("names a file that does not exist", StringComparison.Ordinal) && !problem.Contains("needs a CertificateFile", StringComparison.Ordinal))];
        bool osloFails = oslo.GetProperty("errors").GetArrayLength() > 0;
        bool oursFails = problems.Length > 0;
        if (one.Stricter is not null)
        {
            return oursFails ? [] : ["is not refused"];
        }

        if (one.Laxer is not null)
        {
            return osloFails && !oursFails ? [] : [$"oslo fails: {osloFails}, ours fails: {oursFails}"];
        }

        if (osloFails != oursFails)
        {
            return [$"oslo: {oslo.GetProperty("errors")}, ours: {string.Join(" | ", problems)}"];
        }

        return osloFails ? [] : CompareValues(ours.Values!, oslo.GetProperty("values")).Concat(one.Removed is null ? CompareUrl(ours.Address!, oslo.GetProperty("url")) : CompareRemoved(ours.Address!, one.Removed));
    }

    private static IEnumerable<string> CompareValues(OsloValues ours, JsonElement oslo)
    {
        foreach (JsonProperty property in oslo.EnumerateObject())
        {
            int dot = property.Name.IndexOf('.', StringComparison.Ordinal);
            string name = property.Name[(dot + 1)..].Replace("quroum", "quorum", StringComparison.Ordinal);
            OsloFound found = ours.Get(OsloOptions.Get(property.Name[..dot], name));
            if (found.Place is null && DefaultsDiffer.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            string mine = JsonSerializer.Serialize(found.Value);
            string theirs = property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble().ToString(CultureInfo.InvariantCulture) : JsonSerializer.Serialize(property.Value);
            if (!string.Equals(mine, theirs, StringComparison.Ordinal))
            {
                yield return $"{property.Name} is {theirs} in oslo and {mine} here";
            }
        }
    }

    private static IEnumerable<string> CompareUrl(OsloAddress ours, JsonElement oslo)
    {
        TransportUrl url = ours.Url ?? new TransportUrl([], null, new Dictionary<string, string>(StringComparer.Ordinal), []);
        string theirHost = Text(oslo.GetProperty("virtual_host"));
        if (!string.Equals(url.VirtualHost ?? "", theirHost, StringComparison.Ordinal))
        {
            yield return $"virtual host: {theirHost} in oslo, {url.VirtualHost} here";
        }

        JsonElement[] theirs = [.. oslo.GetProperty("hosts").EnumerateArray()];
        if (theirs.Length != url.Hosts.Count)
        {
            yield return $"{theirs.Length} hosts in oslo, {url.Hosts.Count} here";
            yield break;
        }

        foreach ((TransportHost mine, JsonElement their) in url.Hosts.Zip(theirs))
        {
            string asOslo = $"{Text(their.GetProperty("host"))}|{their.GetProperty("port")}|{Text(their.GetProperty("user"))}|{Text(their.GetProperty("password"))}";
            string asHere = string.Create(CultureInfo.InvariantCulture, $"{mine.Host}|{mine.Endpoint.Port}|{mine.UserName}|{mine.Password}");
            if (!string.Equals(asOslo, asHere, StringComparison.Ordinal))
            {
                yield return $"host: {asOslo} in oslo, {asHere} here";
            }

            // What connects in the end: guest for what is missing.
            if (their.GetProperty("kombu") is { ValueKind: JsonValueKind.Object } kombu
                && (kombu.GetProperty("port").GetInt32() != mine.Endpoint.Port
                    || mine.Credentials != new UserCredentials(Text(kombu.GetProperty("user")), Text(kombu.GetProperty("password")))))
            {
                yield return $"kombu connects as {kombu}, we as {mine.Credentials.UserName}";
            }
        }
    }

    private static IEnumerable<string> CompareRemoved(OsloAddress ours, string expected)
    {
        string found = string.Join(' ', ours.Url!.Hosts.Select(host => $"{host.UserName}@{host.Endpoint}/{ours.Url.EffectiveVirtualHost.TrimStart('/')}"));
        return string.Equals(found, expected, StringComparison.Ordinal) ? [] : [$"the removed keys mean {expected}, found {found}"];
    }

    private static string Text(JsonElement element) => element.ValueKind == JsonValueKind.Null ? "" : element.ToString();
}
