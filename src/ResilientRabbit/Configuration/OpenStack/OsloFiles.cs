using System.Globalization;
using System.Text;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Brings the texts of files into memory; whatever is no ordinary text file of sane size is refused without reading it.</summary>
internal static class OsloFiles
{
    /// <summary>Ten times nova's own sample, which is the largest of those that Debian ships.</summary>
    public const long LargestFile = 4 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Lists the files that the paths stand for: a file itself, a folder's <c>*.conf</c> in the order of their names, as oslo's --config-dir.</summary>
    public static List<string> Expand(IEnumerable<string> paths, List<OsloProblem> problems)
    {
        List<string> files = [];
        foreach (string path in paths)
        {
            if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add(new OsloProblem(new OsloPlace("(no file)", 0), null, "the path of a file must not be empty and must not contain the NUL character"));
            }
            else if (Directory.Exists(path))
            {
                AddFolder(path, files, problems);
            }
            else
            {
                files.Add(path);
            }
        }

        return files;
    }

    /// <summary>Reads a file as UTF-8. Null, and a problem, when that is not possible.</summary>
    public static string? TryRead(string file, List<OsloProblem> problems)
    {
        try
        {
            var info = new FileInfo(file);
            string? rule = !info.Exists ? "the file does not exist, or this user may not enter its folder" : FindRule(info.Length);
            if (rule is null)
            {
                return Decode(ReadBytes(file).Span);
            }

            problems.Add(new OsloProblem(new OsloPlace(file, 0), null, rule));
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new OsloProblem(new OsloPlace(file, 0), null, "the file is not text in UTF-8"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            problems.Add(new OsloProblem(new OsloPlace(file, 0), null, $"the file cannot be read ({exception.GetType().Name}); check that it exists and that this user may read it"));
        }

        return null;
    }

    private static void AddFolder(string folder, List<string> files, List<OsloProblem> problems)
    {
        try
        {
            List<string> found =
            [
                .. Directory.EnumerateFiles(folder, "*.conf")
                    .Where(static file => !Path.GetFileName(file).StartsWith('.') && file.EndsWith(".conf", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal),
            ];
            if (found.Count == 0)
            {
                problems.Add(new OsloProblem(new OsloPlace(folder, 0), null, "the folder has no file named *.conf"));
            }

            files.AddRange(found);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new OsloProblem(new OsloPlace(folder, 0), null, $"the folder cannot be read ({exception.GetType().Name})"));
        }
    }

    // Pipes and devices have no length. They are not opened: opening a pipe waits for a writer, for ever.
    private static string? FindRule(long length) => length switch
    {
        0 => "the file is empty, or is no ordinary file (a pipe or a device)",
        > LargestFile => string.Create(CultureInfo.InvariantCulture, $"the file must have at most {LargestFile} bytes, has {length}"),
        _ => null,
    };

    private static Memory<byte> ReadBytes(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[Math.Min(stream.Length, LargestFile)];
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes.AsMemory(0, count);
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        if (text.Contains((byte)0))
        {
            throw new DecoderFallbackException();
        }

        return StrictUtf8.GetString(text);
    }
}
