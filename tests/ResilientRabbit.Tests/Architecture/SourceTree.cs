using System.Runtime.CompilerServices;

namespace ResilientRabbit.Tests.Architecture;

/// <summary>The files of the repository, found from where this file was compiled or, in a deterministic build, from where the test runs.</summary>
internal static class SourceTree
{
    private const string RootMark = "Messaging.sln";

    public static string Root { get; } = FindRoot(ThisFile()) ?? FindRoot(AppContext.BaseDirectory) ?? throw new InvalidOperationException($"No folder above has {RootMark}.");

    /// <summary>Lists the C# files below a folder of the repository, with '/' in their paths, relative to the root.</summary>
    public static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static string? FindRoot(string path)
    {
        DirectoryInfo? folder = Directory.GetParent(path);
        while (folder is not null && !(folder.Exists && File.Exists(Path.Combine(folder.FullName, RootMark))))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
