namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The values of all options after substitution and reading, as oslo computes them; faults are collected, each once.</summary>
internal sealed class OsloValues
{
    private readonly OsloStore _store;
    private readonly OsloSubstitution _substitution;
    private readonly List<OsloProblem> _problems;
    private readonly Dictionary<OsloOption, OsloFound> _found = [];

    public OsloValues(OsloStore store, List<OsloProblem> problems)
    {
        _store = store;
        _substitution = new OsloSubstitution(store);
        _problems = problems;
        foreach (OsloOption option in OsloOptions.All)
        {
            _found[option] = Read(option);
        }
    }

    /// <summary>Puts the query of a transport URL over the options of the rabbit driver, which it overrides.</summary>
    public void Override(IReadOnlyDictionary<string, string> query, OsloPlace place)
    {
        foreach ((string key, string text) in query)
        {
            var source = new OsloPlace($"query of the transport URL at {place}", 0);
            OsloOption? option = OsloOptions.Find(OsloOptions.Rabbit, key);
            if (option is null || !string.Equals(option.Name, key, StringComparison.Ordinal) || OsloRemovedOptions.All.Contains(option))
            {
                string nearest = NearestKey.Find(key, OsloOptions.All.Where(static known => known.Group is OsloOptions.Rabbit).Select(static known => known.Name));
                _problems.Add(new OsloProblem(source, null, $"has {ProblemList.Quote(key)}, which is no option of [{OsloOptions.Rabbit}]; the nearest one is '{nearest}'"));
                continue;
            }

            if (OsloValue.TryRead(option, text, out object? value) is { } rule)
            {
                _problems.Add(new OsloProblem(source, option.Name, rule));
            }

            _found[option] = new OsloFound(option, value, source, []);
        }
    }

    public OsloFound Get(OsloOption option) => _found[option];

    public bool IsWritten(OsloOption option) => _found[option].Place is not null;

    public string Text(OsloOption option) => (string?)_found[option].Value ?? "";

    public bool Flag(OsloOption option) => _found[option].Value is true;

    /// <summary>A whole number; what is empty counts as its default.</summary>
    public long Integer(OsloOption option) => (long?)_found[option].Value ?? OsloValue.Integer(option.Default ?? "") ?? 0;

    public double Number(OsloOption option) => (double?)_found[option].Value ?? 0;

    public IReadOnlyList<string> List(OsloOption option) => (IReadOnlyList<string>?)_found[option].Value ?? [];

    private OsloFound Read(OsloOption option)
    {
        OsloText text = _store.Find(option);
        OsloPlace? place = text.Entry?.Place;
        if (text.Text is null)
        {
            return new OsloFound(option, null, place, text.Entries);
        }

        string expanded = _substitution.Expand(text.Text, option.Group, option.IsSecret, out string? rule);
        object? value = null;

        // What a substitution brought in may be a secret of another option.
        bool isForeign = !string.Equals(text.Text, expanded, StringComparison.Ordinal);
        rule ??= OsloValue.TryRead(isForeign ? option with { IsSecret = true } : option, expanded, out value);

        // A default that refers to a broken option is not another fault.
        if (rule is not null && text.Entry is { } entry)
        {
            _problems.Add(new OsloProblem(entry.Place, $"[{entry.Group}] {entry.Key}", rule));
        }

        return new OsloFound(option, value, place, text.Entries);
    }
}
