using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Where a value was written: a line of a file, an environment variable or the query of a transport URL.</summary>
/// <param name="Source">The file, or what else it was.</param>
/// <param name="Line">The line in the file, from 1; 0 where there is none.</param>
internal readonly record struct OsloPlace(string Source, int Line)
{
    private const int LongestSource = 200;

    public override string ToString()
    {
        string source = Source.Length <= LongestSource ? Source : "…" + Source[^LongestSource..];
        string printable = string.Concat(source.Select(static character => char.IsControl(character) ? '?' : character));
        return Line == 0 ? printable : string.Create(CultureInfo.InvariantCulture, $"{printable}:{Line}");
    }
}
