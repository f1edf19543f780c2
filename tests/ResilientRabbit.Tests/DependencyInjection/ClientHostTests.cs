using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ResilientRabbit.Tests.DependencyInjection;

public sealed partial class ClientHostTests
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_host_starts_although_no_broker_is_up()
    {
        var client = new FakeRabbitClient();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("orders"));

        await host.StartAsync().WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);

        Assert.DoesNotContain("subscribe orders", client.Journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumers_start_after_the_connection_and_drain_before_the_client_is_disposed()
    {
        var client = new FakeRabbitClient { Expected = 2 };
        client.Connected.SetResult();
        using (IHost host = BuildHost(client, static builder => builder
            .AddConsumer<CountingHandler>("orders", static options => options.Prefetch = 7)
            .AddConsumer<CountingHandler>("invoices")))
        {
            await host.StartAsync().WaitAsync(TestTimeout);
            await client.AllSubscribed.Task.WaitAsync(TestTimeout);
            await host.StopAsync().WaitAsync(TestTimeout);
        }

        Assert.Equal("connect,subscribe orders,subscribe invoices,stop orders,stop invoices,dispose", client.Journal);
        Assert.Equal(7, client.Subscribed["orders"].Options.Prefetch);
        Assert.Null(client.Subscribed["invoices"].Options.Prefetch);
    }

    [Fact]
    public async Task A_typed_handler_gets_values_in_a_scope_of_its_own()
    {
        var client = new FakeRabbitClient();
        client.Connected.SetResult();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<NumberHandler, int>("orders", NumberContext.Default.Int32));
        await host.StartAsync().WaitAsync(TestTimeout);
        await client.AllSubscribed.Task.WaitAsync(TestTimeout);
        IMessageHandler handler = client.Subscribed["orders"].Handler;

        Assert.Equal(Settlement.Requeue, await handler.HandleAsync(new ReceivedMessage("7"u8.ToArray()), CancellationToken.None));
        Assert.Equal(Settlement.Ack, await handler.HandleAsync(new ReceivedMessage("8"u8.ToArray()), CancellationToken.None));

        await Assert.ThrowsAsync<MessageFormatException>(async () => await handler.HandleAsync(new ReceivedMessage("x"u8.ToArray()), CancellationToken.None));
        HandlerLog log = host.Services.GetRequiredService<HandlerLog>();
        Assert.Equal((2, 2), (log.Created, log.Disposed));
        await host.StopAsync().WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task A_missing_queue_delays_neither_the_other_consumers_nor_the_stop()
    {
        var client = new FakeRabbitClient { Expected = 2, Missing = { "missing" } };
        client.Connected.SetResult();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("missing").AddConsumer<CountingHandler>("orders"));

        await host.StartAsync().WaitAsync(TestTimeout);
        await client.AllSubscribed.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);

        Assert.Contains("stop orders", client.Journal, StringComparison.Ordinal);
        Assert.DoesNotContain("stop missing", client.Journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumers_start_although_an_entity_was_refused()
    {
        var client = new FakeRabbitClient();
        client.Connected.SetException(new TestRabbitException());
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("orders"));

        await host.StartAsync().WaitAsync(TestTimeout);
        await client.AllSubscribed.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);

        Assert.Contains("stop orders", client.Journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consumer_that_can_never_start_stops_the_host()
    {
        var client = new FakeRabbitClient();
        client.Connected.SetResult();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("x"));
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        await host.StartAsync().WaitAsync(TestTimeout);

        await stopping.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task A_consumer_that_can_never_start_stops_the_host_although_another_waits_for_its_queue()
    {
        var client = new FakeRabbitClient { Expected = 2, Missing = { "missing" } };
        client.Connected.SetResult();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("missing").AddConsumer<CountingHandler>("x"));
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        await host.StartAsync().WaitAsync(TestTimeout);

        await stopping.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task A_consumer_that_is_confirmed_while_the_host_stops_for_another_ones_failure_is_drained()
    {
        var client = new FakeRabbitClient { Expected = 3, Late = { "late" } };
        client.Connected.SetResult();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("late").AddConsumer<CountingHandler>("orders").AddConsumer<CountingHandler>("x"));
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        await host.StartAsync().WaitAsync(TestTimeout);
        await stopping.Task.WaitAsync(TestTimeout);

        await host.StopAsync().WaitAsync(TestTimeout);

        Assert.EndsWith("stop orders,stop late", client.Journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_consumer_that_can_never_start_says_why()
    {
        var client = new FakeRabbitClient { Expected = 2 };
        client.Connected.SetResult();
        var log = new FailureLog { Expected = 2 };
        using IHost host = BuildHost(client, builder => builder.AddConsumer<CountingHandler>("x").AddConsumer<CountingHandler>("y").Services.AddSingleton<ILoggerProvider>(log));

        await host.StartAsync().WaitAsync(TestTimeout);

        await log.Reached.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task Wrong_consumer_options_stop_the_start_of_the_host()
    {
        var client = new FakeRabbitClient();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("orders", static options => options.Prefetch = 0));

        ArgumentException exception = await Assert.ThrowsAnyAsync<ArgumentException>(() => host.StartAsync()).WaitAsync(TestTimeout);

        Assert.Contains("Prefetch", exception.Message, StringComparison.Ordinal);
        Assert.Empty(client.Journal);
    }

    [Fact]
    public async Task Each_message_gets_a_handler_from_a_scope_of_its_own()
    {
        var client = new FakeRabbitClient();
        client.Connected.SetResult();
        var log = new HandlerLog();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("orders"), log);
        await host.StartAsync().WaitAsync(TestTimeout);
        await client.AllSubscribed.Task.WaitAsync(TestTimeout);
        IMessageHandler handler = client.Subscribed["orders"].Handler;

        await handler.HandleAsync(null!, CancellationToken.None);
        await handler.HandleAsync(null!, CancellationToken.None);

        Assert.Equal((2, 2), (log.Created, log.Disposed));
        await host.StopAsync().WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task Consumers_of_a_named_client_use_that_client()
    {
        var east = new FakeRabbitClient();
        east.Connected.SetResult();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(new HandlerLog());
        builder.Services.AddKeyedSingleton<IRabbitClient>("east", (_, _) => east);
        builder.Services.AddResilientRabbit("east", static _ => { }).AddConsumer<CountingHandler>("orders");
        using IHost host = builder.Build();

        await host.StartAsync().WaitAsync(TestTimeout);
        await east.AllSubscribed.Task.WaitAsync(TestTimeout);
        await host.StopAsync().WaitAsync(TestTimeout);

        Assert.Contains("stop orders", east.Journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_before_starting_does_nothing()
    {
        var client = new FakeRabbitClient();
        using IHost host = BuildHost(client, static builder => builder.AddConsumer<CountingHandler>("orders"));

        await Assert.Single(host.Services.GetServices<IHostedService>()).StopAsync(CancellationToken.None).WaitAsync(TestTimeout);

        Assert.Empty(client.Journal);
    }

    private static IHost BuildHost(FakeRabbitClient client, Action<IResilientRabbitBuilder> add, HandlerLog? log = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(log ?? new HandlerLog());
        builder.Services.AddSingleton<IRabbitClient>(_ => client);
        add(builder.Services.AddResilientRabbit());
        return builder.Build();
    }

    private sealed class HandlerLog
    {
        public int Created { get; set; }

        public int Disposed { get; set; }
    }

    [System.Text.Json.Serialization.JsonSerializable(typeof(int))]
    private sealed partial class NumberContext : System.Text.Json.Serialization.JsonSerializerContext;

    private sealed class NumberHandler : IMessageHandler<int>, IDisposable
    {
        private readonly HandlerLog _log;

        public NumberHandler(HandlerLog log)
        {
            _log = log;
            log.Created++;
        }

        public ValueTask<Settlement> HandleAsync(int value, ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.FromResult(value == 7 ? Settlement.Requeue : Settlement.Ack);

        public void Dispose() => _log.Disposed++;
    }

    private sealed class CountingHandler : IMessageHandler, IDisposable
    {
        private readonly HandlerLog _log;

        public CountingHandler(HandlerLog log)
        {
            _log = log;
            log.Created++;
        }

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.FromResult(Settlement.Ack);

        public void Dispose() => _log.Disposed++;
    }

    /// <summary>Counts what is critical.</summary>
    private sealed class FailureLog : ILoggerProvider, ILogger
    {
        private int _count;

        public int Expected { get; init; }

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && Interlocked.Increment(ref _count) == Expected)
            {
                Reached.SetResult();
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class TestRabbitException() : RabbitException("refused", null)
    {
        public override bool IsTransient => false;
    }
}
