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
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(static c => char.IsControl(c) ? '?' : c)) : cut;
    }
}
