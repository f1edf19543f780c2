using System.Text.Json;
using System.Text.RegularExpressions;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Management.Json;

/// <summary>Makes words of a peer fit for texts: short, printable, without the secrets that we have sent, whoever repeats them.</summary>
internal static partial class SecretScrubber
{
    private const string Mask = "***";

    // Beyond this a hostile text only costs time.
    private const int LongestText = 8192;

    public static string Clean(string text, IEnumerable<string> secrets)
    {
        string clean = text.Length <= LongestText ? text : text[..LongestText];
        foreach (string secret in secrets.Where(static secret => secret.Length > 0).OrderByDescending(static secret => secret.Length))
        {
            clean = clean.Replace(secret, Mask, StringComparison.Ordinal)
                .Replace(Uri.EscapeDataString(secret), Mask, StringComparison.OrdinalIgnoreCase)
                .Replace(JsonEncodedText.Encode(secret).ToString(), Mask, StringComparison.OrdinalIgnoreCase);
        }

        return PeerText.Sanitize(UserInfo().Replace(clean, "://" + Mask + "@"));
    }

    /// <summary>Masks the credentials of a URI.</summary>
    public static string CleanUri(string uri) => UserInfo().Replace(uri, "://" + Mask + "@");

    // Greedy: an '@' inside a password that was not escaped belongs to it.
    [GeneratedRegex("""://[^\s"'<>,]*@""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex UserInfo();
}
