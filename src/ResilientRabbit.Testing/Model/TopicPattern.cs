namespace ResilientRabbit.Testing.Model;

/// <summary>A binding key of a topic exchange: words with dots between, <c>*</c> for one word, <c>#</c> for any number of words.</summary>
internal sealed class TopicPattern(string pattern)
{
    private readonly string[] _words = Split(pattern);

    public bool Matches(string routingKey) => Matches(_words, Split(routingKey));

    // An empty key has no words at all, so that '#' matches it and '*' does not.
    private static string[] Split(string key) => key.Length == 0 ? [] : key.Split('.');

    /// <summary>Linear in the length of both, however many '#' there are: only the last '#' passed needs to be tried again.</summary>
    private static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> words)
    {
        int p = 0;
        int w = 0;
        int hash = -1;
        int retry = 0;
        while (w < words.Length)
        {
            if (p < pattern.Length && pattern[p] is "#")
            {
                hash = p++;
                retry = w;
            }
            else if (p < pattern.Length && (pattern[p] is "*" || string.Equals(pattern[p], words[w], StringComparison.Ordinal)))
            {
                p++;
                w++;
            }
            else if (hash >= 0)
            {
                p = hash + 1;
                w = ++retry;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] is "#")
        {
            p++;
        }

        return p == pattern.Length;
    }
}
