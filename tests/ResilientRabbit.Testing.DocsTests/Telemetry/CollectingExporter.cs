using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace ResilientRabbit.Testing.DocsTests.Telemetry;

/// <summary>Keeps what OpenTelemetry's SDK would export, one dictionary for each collection.</summary>
internal sealed class CollectingExporter : BaseExporter<Metric>
{
    private readonly List<IReadOnlyDictionary<string, double>> _collections = [];

    /// <summary>The sums over all tags but those of outcomes, by the instrument's name; histograms count.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> Collections
    {
        get
        {
            lock (_collections)
            {
                return [.. _collections];
            }
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (Metric metric in batch)
        {
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                double value = metric.MetricType switch
                {
                    MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                    MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                    MetricType.LongGauge => point.GetGaugeLastValueLong(),
                    MetricType.DoubleGauge => point.GetGaugeLastValueDouble(),
                    _ => point.GetHistogramCount(),
                };
                values[metric.Name] = values.GetValueOrDefault(metric.Name) + value;
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    string tagged = $"{metric.Name} {tag.Key}={tag.Value}";
                    values[tagged] = values.GetValueOrDefault(tagged) + value;
                }
            }
        }

        lock (_collections)
        {
            _collections.Add(values);
        }

        return ExportResult.Success;
    }
}
