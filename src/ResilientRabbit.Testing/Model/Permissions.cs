using System.Text.RegularExpressions;

namespace ResilientRabbit.Testing.Model;

/// <summary>The three patterns of a user in one virtual host. Answers are remembered: patterns do not change, a change makes a new object.</summary>
internal sealed class Permissions(string configure, string write, string read)
{
    private const int MaxRemembered = 4096;

    private readonly Dictionary<(Permission Kind, string Name), bool> _known = [];
    private readonly Regex[] _patterns = [Compile(configure), Compile(write), Compile(read)];
    private readonly bool[] _all = [IsAll(configure), IsAll(write), IsAll(read)];

    public bool Allows(Permission kind, string name)
    {
        if (_all[(int)kind])
        {
            return true;
        }

        if (!_known.TryGetValue((kind, name), out bool allowed))
        {
            allowed = _patterns[(int)kind].IsMatch(name);
            if (_known.Count >= MaxRemembered)
            {
                _known.Clear();
            }

            _known.Add((kind, name), allowed);
        }

        return allowed;
    }

    private static bool IsAll(string pattern) => pattern is ".*" or "^.*$" or "^.*";

    // An empty pattern means nothing at all, not everything. A pattern of a test's own that never ends would hang the broker's turn.
    private static Regex Compile(string pattern) =>
        new(pattern.Length == 0 ? "^$" : pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
