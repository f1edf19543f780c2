namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>All assignments of all files, and which one of several counts: oslo's order of precedence.</summary>
/// <remarks>An environment variable <c>OS_GROUP__KEY</c> wins over the files, a later file over an earlier one, the current name over older ones of the same file, a later line over an earlier one.</remarks>
internal sealed class OsloStore
{
    private readonly List<Dictionary<(string Group, string Key), List<OsloEntry>>> _files = [];
    private readonly Func<string, string?>? _environment;

    /// <param name="environment">Reads an environment variable; null when the environment does not count.</param>
    public OsloStore(Func<string, string?>? environment) => _environment = environment;

    public void AddFile(IReadOnlyList<OsloEntry> entries)
    {
        Dictionary<(string, string), List<OsloEntry>> file = [];
        foreach (OsloEntry entry in entries)
        {
            if (!file.TryGetValue((entry.Group, entry.Key), out List<OsloEntry>? list))
            {
                file[(entry.Group, entry.Key)] = list = [];
            }

            list.Add(entry);
        }

        _files.Add(file);
    }

    /// <summary>Every assignment, in the order of the files and of the lines.</summary>
    public IEnumerable<OsloEntry> All => _files.SelectMany(static file => file.Values.SelectMany(static list => list).OrderBy(static entry => entry.Place.Line));

    /// <summary>The text of an option: what counts of what was written, or its default.</summary>
    public OsloText Find(OsloOption option)
    {
        if (FromEnvironment(option) is { } variable)
        {
            return new OsloText(option, [variable], variable.Value);
        }

        return option.Kind == OsloKind.Repeated ? FindRepeated(option) : FindSingle(option);
    }

    /// <summary>A key that is no option of ours, for a substitution; null when no file has it.</summary>
    public OsloEntry? FindForeign(string group, string key)
    {
        for (int index = _files.Count - 1; index >= 0; index--)
        {
            if (_files[index].TryGetValue((OsloEntry.Normalize(group), key), out List<OsloEntry>? entries))
            {
                return entries[^1];
            }
        }

        return null;
    }

    private OsloEntry? FromEnvironment(OsloOption option)
    {
        string name = $"OS_{option.Group.ToUpperInvariant()}__{option.Name.ToUpperInvariant()}";
        return _environment?.Invoke(name) is { } value ? new OsloEntry(option.Group, option.Name, value, new OsloPlace("environment variable " + name, 0)) : null;
    }

    private OsloText FindSingle(OsloOption option)
    {
        for (int index = _files.Count - 1; index >= 0; index--)
        {
            foreach ((string, string) name in option.Names)
            {
                if (_files[index].TryGetValue(name, out List<OsloEntry>? entries))
                {
                    return new OsloText(option, [entries[^1]], entries[^1].Value);
                }
            }
        }

        return new OsloText(option, [], option.Default);
    }

    // Every value counts, those of the first file first.
    private OsloText FindRepeated(OsloOption option)
    {
        List<OsloEntry> entries =
        [
            .. _files.SelectMany(file => option.Names.SelectMany(name => file.TryGetValue(name, out List<OsloEntry>? list) ? list : [])),
        ];
        return new OsloText(option, entries, entries.Count == 0 ? option.Default : string.Join(',', entries.Select(static entry => entry.Value)));
    }
}
