using System.Net.Sockets;
using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>A client that does not speak AMQP in the clear: its bytes pass as they are, through the same line, without faults and journal.</summary>
internal sealed class PlainConnection : IProxyConnection
{
    private const int MostPending = 1 << 20;

    private readonly LinkSocket _client;
    private readonly NetworkStream _stream;
    private readonly Upstream _broker;
    private readonly ReadOnlyMemory<byte> _start;
    private readonly DelayLine _toBroker;
    private readonly DelayLine _toClient;

    public PlainConnection(Socket socket, NetworkStream stream, ReadOnlyMemory<byte> start, Upstream broker, FrameProxy proxy)
    {
        _client = new LinkSocket(socket, stream);
        _stream = stream;
        _start = start;
        _broker = broker;
        _toBroker = new DelayLine(proxy.FromClient, TimeProvider.System, bytes => _broker.SendAsync(bytes, MostPending));
        _toClient = new DelayLine(proxy.FromBroker, TimeProvider.System, bytes => _stream.WriteAsync(bytes));
    }

    public Task RunAsync() => Task.WhenAll(PumpClientAsync(), PumpBrokerAsync());

    public void Reset() => _client.Reset();

    public Task FinishAsync()
    {
        _client.ShutdownSend();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Close();
        await _broker.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PumpClientAsync()
    {
        try
        {
            await _toBroker.SendAsync(_start).ConfigureAwait(false);
            await Pump.RunAsync(_stream, _toBroker.SendAsync).ConfigureAwait(false);
        }
        catch (Exception exception) when (Pump.IsEnd(exception))
        {
            // The broker's side gets FIN, whatever the client did.
        }

        await _toBroker.CompleteAsync().ConfigureAwait(false);
        await _broker.FinishAsync().ConfigureAwait(false);
    }

    private async Task PumpBrokerAsync()
    {
        bool reset = false;
        try
        {
            await Pump.RunAsync(_broker.Stream, _toClient.SendAsync).ConfigureAwait(false);
        }
        catch (Exception exception) when (Pump.IsEnd(exception))
        {
            reset = true;
        }

        await _toClient.CompleteAsync().ConfigureAwait(false);
        if (reset)
        {
            _client.Reset();
        }
        else
        {
            _client.ShutdownSend();
        }
    }
}
