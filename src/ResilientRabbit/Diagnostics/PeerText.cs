namespace ResilientRabbit.Diagnostics;

/// <summary>Makes text that came from the peer fit to be logged: no control characters that would forge lines, no endless length.</summary>
internal static class PeerText
{
    private const int MaxLength = 512;

    public static string Sanitize(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        string cut = text.Length > MaxLength ? text[..MaxLength] + "…" : text;
        return cut.Any(Forges) ? string.Concat(cut.Select(static c => Forges(c) ? '?' : c)) : cut;
    }

    // U+2028 and U+2029 are no control characters, yet many viewers begin a new line at them.
    private static bool Forges(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
