using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests;

/// <summary>The configuration that docs/deployment.md shows is one that the program accepts.</summary>
public sealed partial class DeploymentTests
{
    private const string Proxy = "/usr/sbin/haproxy";

    [Fact]
    public async Task HAProxy_accepts_the_configuration_of_the_page()
    {
        if (!File.Exists(Proxy))
        {
            Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.Ordinal), "HAProxy is not installed.");
            Assert.Skip("HAProxy is not installed.");
        }

        string file = Path.Combine(Path.GetTempPath(), $"page-{Guid.NewGuid():N}.cfg");
        await File.WriteAllTextAsync(file, Block().Match(await File.ReadAllTextAsync(Path.Combine(PageTests.Root, "docs", "deployment.md"))).Groups["code"].Value);
        try
        {
            using Process check = Process.Start(new ProcessStartInfo(Proxy, ["-c", "-f", file]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
            string said = await check.StandardError.ReadToEndAsync() + await check.StandardOutput.ReadToEndAsync();
            await check.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

            Assert.True(check.ExitCode == 0, said);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex("```haproxy\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Block();
}
