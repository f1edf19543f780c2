using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ResilientRabbit.Clusters;

/// <summary>One direction of all connections of a <see cref="TcpProxy"/>: its mode, its latency and its counter.</summary>
internal sealed class TcpProxyDirection
{
    // The sockets' own buffers come on top. Small enough that a held direction soon pushes back on its sender, as a dead network does.
    private const int PendingChunks = 256;
    private const int ChunkSize = 16 * 1024;

    private readonly Lock _gate = new();
    private TrafficMode _mode;
    private TaskCompletionSource _passing = Completed();
    private long _bytes;

    public TimeSpan Delay { get; set; }

    public long Bytes => Interlocked.Read(ref _bytes);

    public TrafficMode Mode
    {
        get => _mode;
        set
        {
            lock (_gate)
            {
                _mode = value;
                if (value == TrafficMode.Hold)
                {
                    _passing = _passing.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _passing;
                }
                else
                {
                    _passing.TrySetResult();
                }
            }
        }
    }

    /// <summary>Moves bytes until the source ends, then ends the target's receiving side too.</summary>
    public async Task PumpAsync(Socket source, Socket target, CancellationToken cancellationToken)
    {
        var chunks = Channel.CreateBounded<(long Arrival, byte[] Bytes)>(PendingChunks);
        var reading = ReadAsync(source, chunks.Writer, cancellationToken);
        await foreach (var (arrival, bytes) in chunks.Reader.ReadAllAsync(cancellationToken))
        {
            await WaitForTurnAsync(arrival, cancellationToken);
            if (_mode == TrafficMode.Discard)
            {
                continue;
            }

            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await target.SendAsync(bytes.AsMemory(sent), cancellationToken);
            }

            Interlocked.Add(ref _bytes, bytes.Length);
        }

        await reading;
        await WaitForTurnAsync(Stopwatch.GetTimestamp(), cancellationToken);
        if (_mode == TrafficMode.Pass)
        {
            target.Shutdown(SocketShutdown.Send);
        }
    }

    private async Task ReadAsync(Socket source, ChannelWriter<(long Arrival, byte[] Bytes)> writer, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkSize];
        try
        {
            while (await source.ReceiveAsync(buffer, cancellationToken) is var count and > 0)
            {
                await writer.WriteAsync((Stopwatch.GetTimestamp(), buffer[..count]), cancellationToken);
                await Passing.WaitAsync(cancellationToken);
            }

            writer.TryComplete();
        }
        catch (Exception exception)
        {
            writer.TryComplete(exception);
        }
    }

    private Task Passing
    {
        get
        {
            lock (_gate)
            {
                return _passing.Task;
            }
        }
    }

    /// <summary>Each chunk leaves a delay after its own arrival, so that latency does not cost throughput.</summary>
    private async Task WaitForTurnAsync(long arrival, CancellationToken cancellationToken)
    {
        var rest = Delay - Stopwatch.GetElapsedTime(arrival);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, cancellationToken);
        }

        await Passing.WaitAsync(cancellationToken);
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        source.SetResult();

        return source;
    }
}
