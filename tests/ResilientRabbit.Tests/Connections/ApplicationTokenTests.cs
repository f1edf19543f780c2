using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Tests.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Tokens that the application's code gets: what it registers there is its own matter.</summary>
public sealed class ApplicationTokenTests
{
    private readonly LineLog _log = new();

    [Fact]
    public async Task It_ends_with_either_of_two()
    {
        for (int which = 0; which < 2; which++)
        {
            using CancellationTokenSource first = new(), second = new();
            using var token = new ApplicationToken(NullLogger.Instance, repeats: null, first.Token, second.Token);
            Assert.False(token.Token.IsCancellationRequested);

            await (which == 0 ? first : second).CancelAsync();

            Assert.True(token.Token.IsCancellationRequested);
        }
    }

    [Fact]
    public void One_of_a_token_that_has_ended_has_ended()
    {
        using var token = new ApplicationToken(NullLogger.Instance, repeats: null, CancellationToken.None, new CancellationToken(canceled: true));

        Assert.True(token.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_callback_may_throw_an_exception_of_none()
    {
        using var ending = new CancellationTokenSource();
        ending.Token.Register(static () => throw new AggregateException());

        await SessionTidying.CancelAsync(ending, _log);

        Assert.Contains("AggregateException", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_what_a_callback_throws_only_the_type_is_told_and_once_a_minute()
    {
        var time = new ManualTimeProvider();
        var repeats = new RepeatLimit(time);
        for (int round = 0; round < 3; round++)
        {
            using var ending = new CancellationTokenSource();
            using var token = new ApplicationToken(_log, repeats, ending.Token);
            token.Token.Register(static () => throw new InvalidOperationException(Canary.Secret));

            ending.Cancel();
            int wanted = round + 1;
            await _log.Watch.UntilAsync(() => _log.Lines.Count == wanted, $"line {wanted}");
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Debug, LogLevel.Debug], _log.Lines.Select(static line => line.Level));
        Assert.All(_log.Lines, static line => Assert.Contains("InvalidOperationException", line.Text, StringComparison.Ordinal));
        Assert.All(_log.Lines, static line => Assert.False(Canary.IsIn(line.Text)));
    }

    [Fact]
    public void A_callback_that_blocks_holds_up_nobody()
    {
        using var release = new ManualResetEventSlim();
        bool isInTime = true;
        using var ending = new CancellationTokenSource();
        using var token = new ApplicationToken(NullLogger.Instance, repeats: null, ending.Token);
        token.Token.Register(() => isInTime = release.Wait(Watch.Limit));

        ending.Cancel();

        release.Set();
        Assert.True(isInTime);
    }

    [Fact]
    public async Task One_whose_caller_goes_first_ends_all_the_same()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ending = new CancellationTokenSource();
        var token = new ApplicationToken(NullLogger.Instance, repeats: null, ending.Token);
        token.Token.Register(heard.SetResult);

        // Callbacks run newest first: who waits with the token goes on, and away, before the token of the application's is told.
        ending.Token.Register(token.Dispose);
        ending.Cancel();

        await heard.Task.WaitAsync(Watch.Limit);
    }

    [Fact]
    public void One_that_is_not_needed_any_more_is_held_by_nobody()
    {
        using var ending = new CancellationTokenSource();
        var token = new ApplicationToken(NullLogger.Instance, repeats: null, ending.Token);

        token.Dispose();
        ending.Cancel();

        Assert.False(token.Token.IsCancellationRequested);
    }

    private sealed class LineLog : ILogger
    {
        public Watch Watch { get; } = new();

        public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue((logLevel, formatter(state, exception)));
            Watch.Changed();
        }
    }
}
