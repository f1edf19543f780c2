using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>How often a client tries while nothing answers: in manual time, over real sockets that are refused.</summary>
public sealed class ConnectPaceTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly Watch _watch = new();
    private readonly Socket _closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ConnectPaceTests()
    {
        // Bound but not listening: refused at once.
        _closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _time.Changed = _watch.Changed;
    }

    public void Dispose() => _closed.Dispose();

    [Fact]
    public async Task In_a_minute_without_a_cluster_the_pauses_grow_to_the_longest_and_keep_their_jitter()
    {
        TimeSpan[] pauses = await PausesAsync(TimeSpan.FromSeconds(60), static _ => { });

        TimeSpan longest = new ResilientRabbitOptions().ReconnectMaxDelay;
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.Zero, longest));
        TimeSpan[] atTheCap = [.. pauses[8..]];

        // Half of the longest at least: so many attempts, and no more, in a minute.
        Assert.All(atTheCap, pause => Assert.InRange(pause, longest / 2, longest));
        Assert.Equal(atTheCap.Length, atTheCap.Distinct().Count());
        Assert.InRange(pauses.Length, 8, 8 + (int)(60 / (longest / 2).TotalSeconds));
    }

    [Fact]
    public async Task While_a_virtual_IP_may_be_moving_there_is_an_attempt_at_least_every_second()
    {
        TimeSpan[] pauses = await PausesAsync(TimeSpan.FromSeconds(60), static options => options.ConnectionMode = ConnectionMode.VirtualIp);

        TimeSpan elapsed = TimeSpan.Zero;
        foreach (TimeSpan pause in pauses)
        {
            Assert.True(pause <= TimeSpan.FromSeconds(1) || elapsed >= TimeSpan.FromSeconds(15), $"A pause of {pause} after {elapsed}.");
            elapsed += pause;
        }

        Assert.Contains(pauses, static pause => pause > TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Three_dead_addresses_of_one_name_are_one_round_without_pauses()
    {
        TimeSpan[] pauses = await PausesAsync(
            TimeSpan.FromSeconds(5),
            static options => options.Endpoints[0] = options.Endpoints[0].Replace("127.0.0.1", "three.test", StringComparison.Ordinal),
            static settings => settings with { Resolve = static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3")]) });

        Assert.All(pauses.Chunk(3).Where(static round => round.Length == 3), static round =>
        {
            Assert.Equal([TimeSpan.Zero, TimeSpan.Zero], round[..2]);
            Assert.NotEqual(TimeSpan.Zero, round[2]);
        });
        Assert.True(pauses.Length > 6);
    }

    /// <summary>The pauses after each failed attempt within this time.</summary>
    private async Task<TimeSpan[]> PausesAsync(TimeSpan during, Action<ResilientRabbitOptions> change, Func<ClientSettings, ClientSettings>? adapt = null)
    {
        ConnectAttempts attempts = New(change, adapt);
        int started = 0;
        var failed = new ConcurrentQueue<TimeSpan>();
        attempts.Starting += () =>
        {
            Interlocked.Increment(ref started);
            _watch.Changed();
        };
        attempts.Failed += (_, _, pause) =>
        {
            failed.Enqueue(pause);
            _watch.Changed();
        };
        using var closing = new CancellationTokenSource();
        Task connecting = attempts.ConnectAsync(closing.Token);
        List<TimeSpan> pauses = [];
        long end = _time.GetTimestamp() + during.Ticks;
        while (_time.GetTimestamp() < end)
        {
            int round = pauses.Count + 1;
            TimeSpan pause = TimeSpan.Zero;
            await _watch.UntilAsync(() => failed.TryDequeue(out pause));
            pauses.Add(pause);

            // Waiting is done in whole milliseconds, and not at all below one.
            var wait = TimeSpan.FromMilliseconds(Math.Floor(pause.TotalMilliseconds));
            await _watch.UntilAsync(() => Volatile.Read(ref started) > round || (wait > TimeSpan.Zero && _time.IsWaiting(wait)));
            _time.Advance(pause);
            await _watch.UntilAsync(() => Volatile.Read(ref started) > round);
        }

        // In the middle of an attempt, as often as not: what the driver makes of that is not what comes out.
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
        return [.. pauses];
    }

    private ConnectAttempts New(Action<ResilientRabbitOptions> change, Func<ClientSettings, ClientSettings>? adapt = null)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_closed.LocalEndPoint!).Port}"));
        change(options);
        var settings = ClientSettings.From(options);
        settings = adapt?.Invoke(settings) ?? settings;
        return new ConnectAttempts(
            "publish-1", "test:publish-1", settings, new EndpointSelector(settings.Endpoints, _time, mode: settings.ConnectionMode),
            new DriverConnectionFactory(settings, NullLogger.Instance, _time), NullLogger.Instance, _time);
    }
}
