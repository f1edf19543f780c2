using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Benchmarks.Wire;

/// <summary>A distant broker: passes bytes on after half of the round trip in each direction. Knows no frames, so that it costs little.</summary>
internal static class DelayRelay
{
    private const int PieceSize = 64 * 1024;

    /// <summary>Listens, prints the port, serves until standard input ends.</summary>
    public static async Task RunAsync(int targetPort, TimeSpan roundTrip)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture));
        new Thread(() => Accept(listener, targetPort, roundTrip / 2)) { IsBackground = true }.Start();
        await Console.In.ReadToEndAsync();
    }

    private static void Accept(Socket listener, int targetPort, TimeSpan delay)
    {
        while (true)
        {
            Socket client = listener.Accept();
            var broker = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            client.NoDelay = true;
            broker.Connect(IPAddress.Loopback, targetPort);
            Join(client, broker, delay);
            Join(broker, client, delay);
        }
    }

    private static void Join(Socket from, Socket to, TimeSpan delay)
    {
        var pieces = new BlockingCollection<(long Due, byte[] Bytes)>();
        new Thread(() => Read(from, pieces, delay)) { IsBackground = true }.Start();
        new Thread(() => Write(to, pieces)) { IsBackground = true }.Start();
    }

    private static void Read(Socket from, BlockingCollection<(long Due, byte[] Bytes)> pieces, TimeSpan delay)
    {
        byte[] buffer = new byte[PieceSize];
        try
        {
            while (from.Receive(buffer) is var count and > 0)
            {
                pieces.Add((Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency), buffer.AsSpan(0, count).ToArray()));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Its end is passed on below; the thread that writes to it disposes of it.
        }

        pieces.CompleteAdding();
    }

    private static void Write(Socket to, BlockingCollection<(long Due, byte[] Bytes)> pieces)
    {
        try
        {
            foreach ((long due, byte[] bytes) in pieces.GetConsumingEnumerable())
            {
                TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    Thread.Sleep(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)));
                }

                for (int sent = 0; sent < bytes.Length;)
                {
                    sent += to.Send(bytes.AsSpan(sent));
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Nobody is there any more: the rest is of no use.
        }

        to.Dispose();
    }
}
