namespace ResilientRabbit.Configuration;

/// <summary>Finds the known key that a misspelt one was probably meant to be.</summary>
internal static class NearestKey
{
    // A key as long as this is no slip of the keyboard; comparing it would only cost time.
    private const int LongestCompared = 64;

    public static string Find(string key, IEnumerable<string> known)
        => known.MinBy(candidate => Distance(key.Length > LongestCompared ? key[..LongestCompared] : key, candidate)) ?? "";

    /// <summary>The number of letters to insert, delete or replace, without regard to case (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        int[] previous = [.. Enumerable.Range(0, to.Length + 1)];
        int[] current = new int[to.Length + 1];
        for (int row = 1; row <= from.Length; row++)
        {
            current[0] = row;
            for (int column = 1; column <= to.Length; column++)
            {
                bool same = char.ToUpperInvariant(from[row - 1]) == char.ToUpperInvariant(to[column - 1]);
                int replaced = previous[column - 1] + (same ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(previous[column], current[column - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[to.Length];
    }
}
