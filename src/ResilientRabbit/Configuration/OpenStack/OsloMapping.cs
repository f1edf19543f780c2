using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>
/// Turns the values into options of the SDK. What is not written in any file leaves the SDK's own default in force: oslo's defaults are those
/// of another client (a heartbeat of a minute, queues that do not outlive the broker).
/// </summary>
internal sealed class OsloMapping
{
    private readonly OsloValues _values;
    private readonly List<OsloProblem> _problems;
    private readonly List<Action<ResilientRabbitOptions>> _settings = [];
    private readonly Dictionary<OsloOption, List<string>> _effects = [];
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);

    public OsloMapping(OsloValues values, List<OsloProblem> problems)
    {
        _values = values;
        _problems = problems;
    }

    /// <summary>Gets where each option of the SDK was written, for the messages of its rules.</summary>
    public IReadOnlyDictionary<string, string> Places => _places;

    public OsloValues Values => _values;

    /// <summary>What an option of oslo has set, for the report; null for nothing.</summary>
    public string? EffectOf(OsloOption option) => _effects.TryGetValue(option, out List<string>? effects) ? string.Join(", ", effects) : null;

    /// <summary>Sets the options of the SDK that the files speak of; all others stay as they are.</summary>
    public void ApplyTo(ResilientRabbitOptions options)
    {
        foreach (Action<ResilientRabbitOptions> setting in _settings)
        {
            setting(options);
        }
    }

    /// <summary>Notes that an option of oslo sets an option of the SDK.</summary>
    /// <param name="option">The option of oslo.</param>
    /// <param name="target">The path of the SDK's option.</param>
    /// <param name="shown">The value as the report shows it: never a secret.</param>
    /// <param name="set">Sets it.</param>
    public void Set(OsloOption option, string target, object shown, Action<ResilientRabbitOptions> set)
    {
        _settings.Add(set);
        Note(option, string.Create(CultureInfo.InvariantCulture, $"{target} = {shown}"));
        OsloFound found = _values.Get(option);
        if (found.Place is { } place)
        {
            string key = found.Entries.Count > 0 ? $"[{found.Entries[^1].Group}] {found.Entries[^1].Key}" : option.Name;
            _places[target] = $"{place}: {key}";
        }
    }

    /// <summary>Adds a word to the report.</summary>
    public void Note(OsloOption option, string text)
    {
        if (!_effects.TryGetValue(option, out List<string>? effects))
        {
            _effects[option] = effects = [];
        }

        effects.Add(text);
    }

    /// <summary>Notes that a value cannot be used.</summary>
    public void Refuse(OsloOption option, string rule)
    {
        OsloFound found = _values.Get(option);
        string key = found.Entries.Count > 0 ? $"[{found.Entries[^1].Group}] {found.Entries[^1].Key}" : option.FullName;
        _problems.Add(new OsloProblem(found.Place ?? new OsloPlace("default", 0), key, rule));
    }

    /// <summary>A whole number that was written and is in a range; null, and a problem where it is not in it.</summary>
    public long? Written(OsloOption option, long min, long max)
    {
        if (!_values.IsWritten(option) || _values.Get(option).Value is not long value)
        {
            return null;
        }

        if (value >= min && value <= max)
        {
            return value;
        }

        Refuse(option, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}, is {value}"));
        return null;
    }
}
