using ResilientRabbit.Tests.Architecture;
using Xunit;

namespace ResilientRabbit.Tests;

/// <summary>Compares a text with its approved file beside the tests. On a difference the received text is written next to it, for review.</summary>
internal static class Approval
{
    public static void Verify(string name, string received)
    {
        string folder = Path.Combine(SourceTree.Root, "tests", "ResilientRabbit.Tests");
        string approvedFile = Path.Combine(folder, name + ".approved.txt");
        string receivedFile = Path.Combine(folder, name + ".received.txt");
        string approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n") : "";
        if (string.Equals(approved, received, StringComparison.Ordinal))
        {
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, received);
        Assert.Fail($"{name} differs from what was approved: review the difference; when it is meant, copy {name}.received.txt over {name}.approved.txt.\n" + Difference(approved, received));
    }

    private static string Difference(string approved, string received)
    {
        string[] before = approved.Split('\n');
        string[] after = received.Split('\n');
        IEnumerable<string> removed = before.Except(after, StringComparer.Ordinal).Select(static line => "- " + line);
        IEnumerable<string> added = after.Except(before, StringComparer.Ordinal).Select(static line => "+ " + line);
        return string.Join('\n', removed.Concat(added).Take(40));
    }
}
