using System.Diagnostics.Metrics;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>Listens to the SDK's meter for one client, and adds up what it is told. Thread-safe.</summary>
public sealed class MeterRecorder : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _client;
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _observed = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _instruments = new(StringComparer.Ordinal);

    public MeterRecorder(string client)
    {
        _client = client;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name is ResilientRabbitTelemetry.Name)
            {
                _instruments.Add(instrument.Name);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The names of all instruments.</summary>
    public IReadOnlyCollection<string> Instruments => _instruments;

    /// <summary>Reads the observable instruments.</summary>
    /// <returns>The values of this collection, by name and, where there are other tags than the client's name, their values.</returns>
    public IReadOnlyDictionary<string, double> Collect()
    {
        lock (_gate)
        {
            _observed.Clear();
            _listener.RecordObservableInstruments();
            return new Dictionary<string, double>(_observed, StringComparer.Ordinal);
        }
    }

    /// <summary>What was added to a counter, or how many values a histogram got: of those whose tags contain all of the texts.</summary>
    public double Sum(string name, params string[] tags)
    {
        lock (_gate)
        {
            return _sums.Where(pair => pair.Key.StartsWith(name + " ", StringComparison.Ordinal) && tags.All(tag => pair.Key.Contains(tag, StringComparison.Ordinal))).Sum(static pair => pair.Value);
        }
    }

    /// <summary>What was counted so far.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            return string.Join('\n', _sums);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string key = "";
        bool isOurs = false;
        foreach ((string name, object? tag) in tags)
        {
            if (name is "rabbitmq.client.name")
            {
                isOurs = string.Equals(tag as string, _client, StringComparison.Ordinal);
            }
            else
            {
                key += $" {name}={tag}";
            }
        }

        if (!isOurs)
        {
            return;
        }

        lock (_gate)
        {
            if (instrument.IsObservable)
            {
                _observed[instrument.Name + key] = value;
            }
            else
            {
                string sum = instrument.Name + " " + key;
                _sums[sum] = _sums.GetValueOrDefault(sum) + (instrument is Histogram<double> ? 1 : value);
            }
        }
    }
}
