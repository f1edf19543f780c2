using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>A contender while OpenTelemetry's SDK collects all of its instruments, every second.</summary>
internal sealed class Metered : IContender
{
    private readonly MeterProvider _metrics = Sdk.CreateMeterProviderBuilder()
        .AddMeter(ResilientRabbitTelemetry.Name)
        .AddReader(new PeriodicExportingMetricReader(new NoExporter(), exportIntervalMilliseconds: 1000))
        .Build();

    private readonly IContender _contender;

    public Metered(Func<IContender> create) => _contender = create();

    public Task OpenAsync() => _contender.OpenAsync();

    public Task PublishAsync(int count, LatencySamples? samples) => _contender.PublishAsync(count, samples);

    public async ValueTask DisposeAsync()
    {
        await _contender.DisposeAsync();
        _metrics.Dispose();
    }

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
