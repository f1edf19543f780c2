using ResilientRabbit.ProtocolTests.Conformance;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>No test changes what others see of the process while they run.</summary>
public sealed class AloneGroupTests
{
    private static readonly string[] Listening = ["new ActivityRecorder(", "new ActivityListener", "TracerProviderBuilder("];

    [Fact]
    public async Task Tests_that_listen_to_activities_run_alone()
    {
        string folder = Path.Combine(ScenarioCoverageTests.SourceRoot(), "tests", "ResilientRabbit.ProtocolTests");
        List<string> listening = [];
        List<string> beside = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*Tests.cs", SearchOption.AllDirectories).Where(static file => Path.GetFileName(file) is not $"{nameof(AloneGroupTests)}.cs"))
        {
            string text = await File.ReadAllTextAsync(file);
            if (Listening.Any(sign => text.Contains(sign, StringComparison.Ordinal)))
            {
                (text.Contains($"[Collection({nameof(AloneGroup)}.{nameof(AloneGroup.Name)})]", StringComparison.Ordinal) ? listening : beside).Add(Path.GetFileName(file));
            }
        }

        Assert.NotEmpty(listening);
        Assert.Empty(beside);
    }
}
