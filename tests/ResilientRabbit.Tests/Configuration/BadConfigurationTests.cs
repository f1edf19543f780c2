using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

/// <summary>Every bad input is refused before anything connects, with its path, shortly, soon and without its secret.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rr-bad-").FullName;

    public static TheoryData<string> SectionRows => [.. BadConfigurationTable.Sections.Keys];

    public static TheoryData<string> UriRows => [.. BadConfigurationTable.Uris.Keys];

    public static TheoryData<string> FileRows => [.. BadOsloTable.Files.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(SectionRows))]
    public async Task A_bad_section_keeps_the_host_from_starting(string row)
    {
        ((string Key, string? Value)[] values, string problem) = BadConfigurationTable.Sections[row];
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(values.Select(static pair => KeyValuePair.Create("Rabbit:" + pair.Key, pair.Value)));
        builder.Services.AddResilientRabbit(builder.Configuration.GetSection("Rabbit"));
        using IHost host = builder.Build();

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Check(refusal, (problem.StartsWith("has an unknown", StringComparison.Ordinal) ? "Rabbit: " : "Rabbit:") + problem);
    }

    [Theory]
    [MemberData(nameof(UriRows))]
    public void A_bad_URI_is_refused_without_a_container_too(string row)
    {
        (string uri, string problem) = BadConfigurationTable.Uris[row];
        var options = new ResilientRabbitOptions { Uris = { uri } };

        OptionsValidationException refusal = Bounded(() => Assert.Throws<OptionsValidationException>(() => new RabbitClient(options)));

        Check(refusal, "ResilientRabbit:Uris:0: " + problem);
        Assert.False(Canary.IsIn(options.ToString()), "ToString shows the secret");
    }

    [Theory]
    [MemberData(nameof(FileRows))]
    public async Task A_bad_OpenStack_file_keeps_the_host_from_starting(string row)
    {
        (string text, int line, string problem) = BadOsloTable.Files[row];
        string file = Write(text);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddResilientRabbitFromOslo(file);
        using IHost host = builder.Build();

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Check(refusal, line == 0 ? problem : FormattableString.Invariant($"{file}:{line}: {problem}"));
        Assert.False(Canary.IsIn(OsloConfiguration.Load(file).Report.ToString()), "the report shows the secret");
    }

    [Fact]
    public void What_is_no_ordinary_text_file_is_refused_soon()
    {
        string pipe = Path.Combine(_folder, "pipe");
        using (Process process = Process.Start("mkfifo", pipe))
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        string large = Path.Combine(_folder, "large.conf");
        using (FileStream stream = File.Create(large))
        {
            stream.SetLength(1L << 30);
        }

        string binary = Path.Combine(_folder, "binary.conf");
        File.WriteAllBytes(binary, [0x5B, 0x44, 0x00, 0xFF, 0xFE, 0x80]);
        string latin = Path.Combine(_folder, "latin.conf");
        File.WriteAllBytes(latin, [.. "[DEFAULT]\nrabbit_password = "u8, 0xE9]);
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;

        AssertRefused(pipe, "is no ordinary file (a pipe or a device)");
        AssertRefused("/dev/zero", "is no ordinary file (a pipe or a device)");
        AssertRefused(large, "must have at most 4194304 bytes, has 1073741824");
        AssertRefused(binary, "the file is not text in UTF-8");
        AssertRefused(latin, "the file is not text in UTF-8");
        AssertRefused(empty, "the folder has no file named *.conf");
        AssertRefused(Write(""), "the file is empty");
        AssertRefused(Path.Combine(_folder, "missing.conf"), "the file does not exist");
        AssertRefused("a\0b", "must not contain the NUL");
        AssertRefused("", "must not be empty");
        AssertRefused(new string('x', 100_000), "the file does not exist");
    }

    [Fact]
    public void What_is_nested_or_repeated_without_measure_is_refused_soon()
    {
        string braces = string.Concat(Enumerable.Repeat("${", 10_000)) + "x" + new string('}', 10_000);
        string chain = "[DEFAULT]\n" + string.Concat(Enumerable.Range(0, 40).Select(static i => FormattableString.Invariant($"k{i} = $k{i + 1}$k{i + 1}$k{i + 1}$k{i + 1}\n"))) + "k40 =\n";

        AssertRefused(Write($"[DEFAULT]\nrabbit_host = {braces}\n"), "[DEFAULT] rabbit_host: ");
        AssertRefused(Write($"[DEFAULT]\ntransport_url = rabbit://{new string('[', 10_000)}\n"), "[DEFAULT] transport_url: host 1");
        AssertRefused(Write(chain + "rabbit_host = $k0\n"), "[DEFAULT] rabbit_host: refers to itself, or through too many other options");
        AssertRefused(Write("[DEFAULT]\n" + string.Concat(Enumerable.Repeat("nonsense\n", 100_000))), "the line is neither a section");
        AssertRefused(Write($"[DEFAULT]\nrabbit_host = {new string('h', 3_000_000)}\n"), "[DEFAULT] rabbit_host: ");
        AssertRefused(Write($"[DEFAULT]\nrabbit_hosts = {string.Concat(Enumerable.Repeat("-,", 100_000))}x\n"), "[DEFAULT] rabbit_hosts: must name 1 to 256 hosts, names 100001");
        AssertRefused(Write($"[DEFAULT]\ntransport_url = rabbit://{string.Join(',', Enumerable.Range(0, 300).Select(static i => FormattableString.Invariant($"h{i}")))}/\n"), "must have at most 256 entries, has 300");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{\"Rabbit\":{\"Port\":1e400}}")]
    [InlineData("{\"Rabbit\":{\"Port\":NaN}}")]
    [InlineData("{\"Rabbit\":{\"Port\":5672")]
    [InlineData("{\"Rabbit\":{\"Port\":5672,\"Port\":5673}}")]
    [InlineData("{\"Rabbit\":{\"Port\":5672.5}}")]
    [InlineData("{\"Rabbit\":{\"Port\":99999999999999999999}}")]
    public void A_broken_document_of_the_application_never_reaches_a_client(string json)
        => AssertDocumentRefused(json);

    [Fact]
    public void A_deeply_nested_document_never_reaches_a_client()
        => AssertDocumentRefused(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000));

    private static void AssertDocumentRefused(string json)
    {
        string outcome = Bounded(() => Read(json));

        Assert.Equal("refused", outcome);
    }

    private static string Read(string json)
    {
        try
        {
            IConfiguration configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json))).Build();
            _ = Bind(configuration.GetSection("Rabbit"));
            return "accepted";
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or OptionsValidationException or System.Text.Json.JsonException)
        {
            return "refused";
        }
    }

    private static ResilientRabbitOptions Bind(IConfigurationSection section)
    {
        using ServiceProvider provider = new ServiceCollection().AddResilientRabbit(section).Services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().CurrentValue;
    }

    private string Write(string text)
    {
        string file = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".conf");
        File.WriteAllText(file, text);
        return file;
    }

    private static void AssertRefused(string path, string problem)
    {
        IReadOnlyList<string> problems = Bounded(() => OsloConfiguration.Load(path).Report.Problems);

        Assert.Contains(problem, problems[0], StringComparison.Ordinal);
        Assert.All(problems, static text => Assert.InRange(text.Length, 1, 1024));
        Assert.InRange(problems.Count, 1, 51);
    }

    private static void Check(OptionsValidationException refusal, string problem)
    {
        Assert.Contains(refusal.Failures, failure => failure.Contains(problem, StringComparison.Ordinal));
        Assert.All(refusal.Failures, static failure => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(failure), 1, 1024));
        Assert.False(Canary.IsIn(refusal.ToString()), "the exception shows the secret");
    }

    // Within a second of this thread's processor time, its compiling included; the bound on the clock leaves room for a machine with other work. Memory is exact.
    private static T Bounded<T>(Func<T> act)
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = TimeProvider.System.GetTimestamp();
        TimeSpan used = ProcessorTime();
        T result = act();
        Assert.InRange((ProcessorTime() - used).TotalSeconds, 0, 1);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, 5);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - bytes, 0, 64L * 1024 * 1024);
        return result;
    }

    // User and system time in hundredths of a second: fields 14 and 15, counted from the name, which may hold blanks (proc_pid_stat(5)).
    private static TimeSpan ProcessorTime()
    {
        if (!OperatingSystem.IsLinux())
        {
            return TimeSpan.Zero;
        }

        string[] fields = File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0);
    }
}
