namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>
/// Reads one file as oslo.config's own parser does (oslo_config/iniparser.py): a line that begins with a blank continues the value above, an
/// empty line and a comment end it, <c>=</c> or <c>:</c> divides key and value, quotes round the whole value are dropped. All faults are
/// reported, not only the first.
/// </summary>
internal sealed class OsloFileReader
{
    private const int MostProblems = 20;

    private readonly string _file;
    private readonly List<OsloEntry> _entries = [];
    private readonly List<OsloProblem> _problems = [];
    private readonly List<string> _value = [];
    private string? _group;
    private string? _key;
    private int _keyLine;
    private int _line;

    private OsloFileReader(string file) => _file = file;

    /// <summary>Reads the text of a file.</summary>
    public static (IReadOnlyList<OsloEntry> Entries, IReadOnlyList<OsloProblem> Problems) Read(string file, string text)
    {
        var reader = new OsloFileReader(file);
        reader.ReadLines(text);
        return (reader._entries, reader._problems);
    }

    private void ReadLines(string text)
    {
        using var lines = new StringReader(text);
        while (lines.ReadLine() is { } line && _problems.Count < MostProblems)
        {
            _line++;
            ReadLine(line.TrimEnd());
        }

        Flush();
    }

    private void ReadLine(string line)
    {
        if (line.Length == 0)
        {
            Flush();
        }
        else if (line[0] is ' ' or '\t')
        {
            Continue(line);
        }
        else
        {
            Flush();
            Begin(line);
        }
    }

    private void Continue(string line)
    {
        if (_key is null)
        {
            Fault("begins with a blank, which continues the value above, and there is none; remove the blank");
        }
        else
        {
            _value.Add(line.TrimStart());
        }
    }

    private void Begin(string line)
    {
        switch (line[0])
        {
            case '[':
                BeginGroup(line);
                break;
            case '#' or ';':
                break;
            default:
                BeginAssignment(line);
                break;
        }
    }

    private void BeginGroup(string line)
    {
        if (line[^1] != ']')
        {
            Fault("begins with '[' and does not end with ']': a section is a line of its own, for example [DEFAULT]");
        }
        else if (line.Length == 2)
        {
            Fault("has a section without a name");
        }
        else
        {
            _group = OsloEntry.Normalize(line[1..^1]);
        }
    }

    private void BeginAssignment(string line)
    {
        int divider = line.AsSpan().IndexOfAny('=', ':');
        if (divider < 0)
        {
            // The line is not repeated: it may be the rest of a secret.
            Fault("is neither a section, a comment nor 'key = value'");
            return;
        }

        string key = line[..divider].Trim();
        if (key.Length == 0)
        {
            Fault("has no key before the '=' or ':'");
            return;
        }

        if (_group is null)
        {
            Fault("assigns a value before the first section; begin the file with [DEFAULT]");
            return;
        }

        _key = key;
        _keyLine = _line;
        _value.Clear();
        _value.Add(WithoutQuotes(line[(divider + 1)..].Trim()));
    }

    private static string WithoutQuotes(string value)
    {
        if (value.Length == 0 || value[0] is not ('"' or '\'') || value[0] != value[^1])
        {
            return value;
        }

        return value.Length == 1 ? "" : value[1..^1];
    }

    private void Flush()
    {
        if (_key is not null)
        {
            _entries.Add(new OsloEntry(_group!, _key, string.Join('\n', _value), new OsloPlace(_file, _keyLine)));
            _key = null;
        }
    }

    private void Fault(string rule) => _problems.Add(new OsloProblem(new OsloPlace(_file, _line), null, "the line " + rule));
}
