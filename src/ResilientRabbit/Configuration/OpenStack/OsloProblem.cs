namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>What is wrong with a file, a line or a value. Never holds the value of a secret.</summary>
/// <param name="Place">Where.</param>
/// <param name="Key">The key as it was written with its group, or null for a file or a line.</param>
/// <param name="Rule">What was expected.</param>
internal sealed record OsloProblem(OsloPlace Place, string? Key, string Rule)
{
    private const int Longest = 1000;

    public override string ToString()
    {
        string text = Key is null ? $"{Place}: {Rule}" : $"{Place}: {Key}: {Rule}";
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
