using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ResilientRabbit.Diagnostics;
using Xunit;

namespace ResilientRabbit.Tests.Diagnostics;

public sealed class InstrumentsTests
{
    [Fact]
    public void Two_collectors_on_one_thread_each_see_counts_that_add_up()
    {
        var client = new CountingClient();
        using var telemetry = new ClientTelemetry(Name(), null, TimeProvider.System) { Measured = client };
        var all = new Collector(telemetry.Name, "rabbitmq.client.publish.submitted", "rabbitmq.client.publish.outcomes", "rabbitmq.client.pending.messages");
        var few = new Collector(telemetry.Name, "rabbitmq.client.publish.outcomes");

        for (int round = 0; round < 5; round++)
        {
            all.Collect();
            Assert.Equal(all.Values["rabbitmq.client.publish.submitted"], all.Values["rabbitmq.client.publish.outcomes"] + all.Values["rabbitmq.client.pending.messages"]);
            double before = few.Values.GetValueOrDefault("rabbitmq.client.publish.outcomes");
            few.Collect();
            Assert.True(few.Values["rabbitmq.client.publish.outcomes"] > before, "a collector got old counts");
        }
    }

    [Fact]
    public void Clients_of_the_same_name_are_told_apart_and_a_name_is_free_again_when_its_client_is_gone()
    {
        string name = Name();
        using var first = new ClientTelemetry(name, null, TimeProvider.System);
        var second = new ClientTelemetry(name, null, TimeProvider.System);
        Assert.Equal((name, name + "#2"), (first.NameTag.Value, second.NameTag.Value));

        second.Dispose();
        using var third = new ClientTelemetry(name, null, TimeProvider.System);

        Assert.Equal(name + "#2", third.NameTag.Value);
    }

    [Fact]
    public void A_containers_clients_measure_with_its_own_meter()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();

        using var first = new ClientTelemetry(Name(), meters, TimeProvider.System);
        using var second = new ClientTelemetry(Name(), meters, TimeProvider.System);
        using var other = new ClientTelemetry(Name(), null, TimeProvider.System);

        Assert.Same(first.Instruments, second.Instruments);
        Assert.NotSame(first.Instruments, other.Instruments);
        Assert.Same(meters, first.Instruments.OperationDuration.Meter.Scope);
    }

    [Fact]
    public void A_listener_that_throws_breaks_nothing()
    {
        using var telemetry = new ClientTelemetry(Name(), null, TimeProvider.System);
        using var listener = new MeterListener();
        int called = 0;
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (tags.ToArray().Contains(telemetry.NameTag))
            {
                called++;
                throw new InvalidOperationException("the listener's own fault");
            }
        });
        listener.EnableMeasurementEvents(telemetry.Instruments.LaneMoves);
        listener.EnableMeasurementEvents(telemetry.Instruments.StaleAcks);

        telemetry.LaneMoved("home");
        telemetry.StaleAcks("q", 2);

        Assert.Equal(2, called);
    }

    [Fact]
    public void Exchanges_that_a_program_makes_up_do_not_become_tags_without_end()
    {
        using var telemetry = new ClientTelemetry(Name(), null, TimeProvider.System);
        var tags = new DestinationTags(telemetry, "node-01", 5672);

        string[] names = [.. Enumerable.Range(0, 2_000).Select(number => (string)tags.Of($"exchange-{number}").Single(static tag => tag.Key is TelemetryTags.Destination).Value!)];

        Assert.Equal(501, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("exchange-7", names[7]);
        Assert.Equal("_OTHER", names[^1]);
    }

    private static string Name() => "instruments-" + Guid.NewGuid().ToString("N");

    private sealed class Collector
    {
        private readonly MeterListener _listener = new();

        public Collector(string client, params string[] names)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter is { Name: ResilientRabbitTelemetry.Name, Scope: null } && names.Contains(instrument.Name, StringComparer.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                if (tags.ToArray().Any(tag => string.Equals(tag.Value as string, client, StringComparison.Ordinal)))
                {
                    Values[instrument.Name] = Values.GetValueOrDefault(instrument.Name) + value;
                }
            });
            _listener.Start();
        }

        public Dictionary<string, double> Values { get; } = new(StringComparer.Ordinal);

        public void Collect()
        {
            Values.Clear();
            _listener.RecordObservableInstruments();
        }
    }

    /// <summary>A client whose counts move with every look.</summary>
    private sealed class CountingClient : IMeasuredClient
    {
        private int _looks;

        public PublishCounts Counts
        {
            get
            {
                int look = Interlocked.Increment(ref _looks);
                return new PublishCounts(look * 10, look * 4, look, look, look, look, look * 2, 0, 0);
            }
        }

        public int InFlight => 0;

        public TimeSpan OldestUnconfirmed => TimeSpan.Zero;

        public IReadOnlyList<ConnectionStatus> Connections => [];

        public IReadOnlyList<SubscriptionStatus> Subscriptions => [];

        public IReadOnlyList<(string Host, int Port, bool IsQuarantined)> Endpoints => [];
    }
}
