using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/observability.md that needs OpenTelemetry.</summary>
public sealed class OpenTelemetryPage
{
    [Fact]
    public async Task Metrics_and_traces_are_collected()
    {
        using MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddMeter(ResilientRabbitTelemetry.Name).Build();
        using TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource(ResilientRabbitTelemetry.Name).Build();

        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { broker.Endpoint } });
        await client.DeclareAsync(new TopologyBuilder().Queue("orders").Build());
        await client.Publisher.PublishAsync("", "orders", "hello"u8.ToArray());

        Assert.True(traces.ForceFlush() && metrics.ForceFlush());
        Assert.Contains(broker.GetMessages("orders"), message => message.Headers!.ContainsKey("traceparent"));
        Assert.Null(Activity.Current);
    }
}
