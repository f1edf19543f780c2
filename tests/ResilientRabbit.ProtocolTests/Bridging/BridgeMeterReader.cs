using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ResilientRabbit.ProtocolTests.Bridging;

/// <summary>Collects what one container's bridges measure.</summary>
internal sealed class BridgeMeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<(string Name, string? Outcome), double> _values = [];

    public BridgeMeterReader(IServiceProvider services)
    {
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name.StartsWith("rabbitmq.client.bridge.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Set(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Set(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The value of now; null when there is none.</summary>
    public double? Read(string name, string? outcome = null)
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return _values.TryGetValue((name, outcome), out double value) ? value : null;
    }

    public void Dispose() => _listener.Dispose();

    private void Set(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? outcome = null;
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (string.Equals(tag.Key, "rabbitmq.client.outcome", StringComparison.Ordinal))
            {
                outcome = (string?)tag.Value;
            }
        }

        _values[(instrument.Name, outcome)] = value;
    }
}
