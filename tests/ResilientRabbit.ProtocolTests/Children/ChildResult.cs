using System.Globalization;
using System.Text.RegularExpressions;

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>How a child ended and what it said.</summary>
public sealed record ChildResult(int ExitCode, string Output)
{
    /// <summary>A process that was ended by SIGABRT: how .NET dies of an unhandled exception or a stack overflow.</summary>
    public const int Crashed = 134;

    /// <summary>A process that was ended by SIGKILL.</summary>
    public const int Killed = 137;

    /// <summary>A value that the child told as "RESULT name=value".</summary>
    public string this[string name] => Regex.Match(Output, $"^RESULT {Regex.Escape(name)}=(.*)$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)) is { Success: true } match
        ? match.Groups[1].Value.TrimEnd()
        : throw new InvalidOperationException($"The child did not tell '{name}'. Exit code {ExitCode}, output: {Output}");

    public long Number(string name) => long.Parse(this[name], CultureInfo.InvariantCulture);
}
