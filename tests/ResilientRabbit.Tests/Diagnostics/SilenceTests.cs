using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Diagnostics;

/// <summary>What nobody listens to costs nothing.</summary>
public sealed class SilenceTests(ITestOutputHelper output)
{
    private const int Parts = 50;
    private const int MostNanoseconds = 50;
    private const int Rounds = 200_000;

    [Fact]
    public void Without_a_listener_measuring_and_tracing_a_publish_allocate_nothing()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new ClientTelemetry("silent", services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        var meter = new PublishMeter(telemetry, TimeProvider.System, lanes: 1);
        var factory = new MessageFactory();
        PendingMessage message = factory.CreateInFlight();
        Run(meter, message, 1_000);
        int traced = 0;
        int allocating = 0;
        double best = double.MaxValue;
        for (int part = 0; part < Parts; part++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            traced += Run(meter, message, Rounds / Parts);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (Rounds / Parts));
            allocating += GC.GetAllocatedBytesForCurrentThread() == before ? 0 : 1;
        }

        // The runtime, when it changes over to better code in the middle of the loop, has been seen to allocate on this thread: 264 bytes, once.
        Assert.InRange(allocating, 0, 1);
        Assert.Equal(0, traced);
        output.WriteLine($"{best:0.0} ns for each message");

        // The best of many parts is what it costs; the others had company.
        Assert.InRange(best, 0, MostNanoseconds);
    }

    [Fact]
    public void With_a_listener_each_value_is_recorded_without_an_allocation()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new ClientTelemetry("heard", services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        var meter = new PublishMeter(telemetry, TimeProvider.System, lanes: 1);
        PendingMessage message = new MessageFactory().CreateInFlight();
        using var listener = new MeterListener();
        int heard = 0;
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => heard++);
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => heard++);
        listener.EnableMeasurementEvents(telemetry.Instruments.OperationDuration);
        listener.EnableMeasurementEvents(telemetry.Instruments.SentMessages);
        Run(meter, message, 1_000);
        heard = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();

        Run(meter, message, Rounds);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(2 * Rounds, heard);
        Assert.InRange(allocated, 0, Rounds / 10);
        output.WriteLine($"{elapsed.TotalNanoseconds / Rounds:0.0} ns for each message");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(31, 1)]
    [InlineData(32, 2)]
    [InlineData(1000, 32)]
    public void An_acknowledgement_of_many_is_counted_whole_and_its_durations_are_sampled(int messages, int expected)
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var telemetry = new ClientTelemetry("sampled", services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        var factory = new MessageFactory(maxMessages: 2000);
        var chain = default(MessageList);
        for (int number = 0; number < messages; number++)
        {
            chain.Add(factory.CreateInFlight());
        }

        using var listener = new MeterListener();
        int durations = 0;
        long sent = 0;
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => durations++);
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sent += value);
        listener.EnableMeasurementEvents(telemetry.Instruments.OperationDuration);
        listener.EnableMeasurementEvents(telemetry.Instruments.SentMessages);

        new PublishMeter(telemetry, TimeProvider.System, lanes: 1).Confirmed(chain.First!, messages, null);

        Assert.Equal((messages, expected), (sent, durations));
    }

    /// <summary>What a publish that is confirmed passes through, each time in full: on the way a run of messages shares some of it.</summary>
    private static int Run(PublishMeter meter, PendingMessage message, int rounds)
    {
        int traced = 0;
        for (int round = 0; round < rounds; round++)
        {
            traced += Tracing.Source.HasListeners() ? 1 : 0;
            traced += meter.IsWanted ? 1 : 0;
            traced += message.Trace is null ? 0 : 1;
            meter.Confirmed(message, 1, null);
            traced += message.Trace is null ? 0 : 1;
        }

        return traced;
    }
}
