using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>Accepts connections on several ports, closes each at once and remembers when and where it came.</summary>
internal sealed class ClosingListener : IDisposable
{
    private readonly List<TcpListener> _listeners = [];
    private readonly List<(int Index, long Time)> _accepted = [];
    private readonly SemaphoreSlim _news = new(0);

    public ClosingListener(int count)
    {
        for (int index = 0; index < count; index++)
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            _listeners.Add(listener);
            _ = AcceptAsync(listener, index);
        }
    }

    public IReadOnlyList<int> Ports => [.. _listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];

    /// <summary>Waits for that many connections: which listener each came to, and the time since the first one.</summary>
    public async Task<IReadOnlyList<(int Index, TimeSpan Time)>> WaitForAsync(int count)
    {
        using var deadline = new CancellationTokenSource(OsloClient.Limit);
        for (int seen = 0; seen < count; seen++)
        {
            await _news.WaitAsync(deadline.Token);
        }

        lock (_accepted)
        {
            return [.. _accepted.Select(one => (one.Index, Stopwatch.GetElapsedTime(_accepted[0].Time, one.Time)))];
        }
    }

    public void Dispose() => _listeners.ForEach(static listener => listener.Dispose());

    private async Task AcceptAsync(TcpListener listener, int index)
    {
        try
        {
            while (true)
            {
                using Socket socket = await listener.AcceptSocketAsync();
                lock (_accepted)
                {
                    _accepted.Add((index, Stopwatch.GetTimestamp()));
                }

                _news.Release();
                socket.Close(timeout: 0);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
