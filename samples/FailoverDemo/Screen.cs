namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>
/// On a terminal: a table that is drawn again in place, with what happened scrolling above it.
/// Into a file or a pipe: one plain line at a time.
/// </summary>
internal sealed class Screen
{
    private const string Escape = "\u001b[";

    private readonly Lock _gate = new();
    private readonly bool _isTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private IReadOnlyList<string> _table = [];

    /// <summary>How often the table is worth drawing.</summary>
    public TimeSpan Interval => _isTerminal ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromSeconds(1);

    private string Clock => FormattableString.Invariant($"{TimeProvider.System.GetElapsedTime(_start):mm\\:ss}");

    /// <summary>Writes a line that stays.</summary>
    public void Tell(string text)
    {
        lock (_gate)
        {
            Erase();
            Console.WriteLine($"{Clock}  {text}");
            Paint();
        }
    }

    /// <summary>Draws the table on a terminal; elsewhere writes the line.</summary>
    public void Show(IReadOnlyList<string> table, string line)
    {
        lock (_gate)
        {
            if (!_isTerminal)
            {
                Console.WriteLine($"{Clock}  {line}");
                return;
            }

            Erase();
            _table = table;
            Paint();
        }
    }

    /// <summary>Leaves what is drawn where it is; what is written next comes below.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _table = [];
        }
    }

    private void Erase()
    {
        if (_table.Count > 0)
        {
            Console.Write(FormattableString.Invariant($"{Escape}{_table.Count}F{Escape}J"));
        }
    }

    private void Paint()
    {
        // A line that wraps would spoil the counting.
        var width = _table.Count > 0 ? Math.Max(Console.WindowWidth - 1, 20) : 0;
        foreach (var line in _table)
        {
            Console.WriteLine(line.Length > width ? line[..width] : line);
        }
    }
}
