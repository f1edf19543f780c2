using System.Collections.Concurrent;
using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>One client and its connection to the broker. The faults and the journal are on the client's side, the line's conditions on the broker's.</summary>
internal sealed class ProxyConnection : IProxyConnection, IFaultTarget
{
    private const int MostPending = 1 << 20;

    private readonly AmqpLink _client;
    private readonly Upstream _broker;
    private readonly DelayLine _toBroker;
    private readonly DelayLine _toClient;
    private readonly ClientFeed _feed;

    // Channels that a fault has closed: until the client agrees its frames are not for the broker, until the broker agrees its frames not for the client.
    private readonly ConcurrentDictionary<ushort, bool> _clientClosing = new();
    private readonly ConcurrentDictionary<ushort, int> _brokerClosing = new();
    // What this round of the client goes to the broker with, and the thread that collects it.
    private readonly WireWriter _batch = new();
    private int _collector;
    private volatile bool _closing;
    private int _disposed;

    public ProxyConnection(AmqpLink client, Upstream broker, FrameProxy proxy)
    {
        _client = client;
        _broker = broker;
        _toBroker = new DelayLine(proxy.FromClient, TimeProvider.System, bytes => _broker.SendAsync(bytes, MostPending));
        _toClient = new DelayLine(proxy.FromBroker, TimeProvider.System, FeedAsync);
        _feed = new ClientFeed(client, IsSwallowed);
        _client.MaxFrameSize = 0;
        _client.Target = this;
    }

    public async Task RunAsync()
    {
        Task fromClient = PumpClientAsync();
        Task fromBroker = PumpBrokerAsync();
        await Task.WhenAll(fromClient, fromBroker).ConfigureAwait(false);
    }

    public void Reset() => _client.Reset();

    public Task FinishAsync() => _client.FinishAsync();

    public void ChannelClosedByFault(ushort channel)
    {
        _clientClosing[channel] = true;
        _brokerClosing.AddOrUpdate(channel, 1, static (_, count) => count + 1);
        ToBroker(AmqpFrames.ChannelClose(channel, AmqpReply.Success, "closed by a fault of the proxy"));
    }

    public void ConnectionClosedByFault() => _closing = true;

    public void ConsumerCancelledByFault(ushort channel, string consumerTag) => ToBroker(AmqpFrames.Cancel(channel, consumerTag));

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _client.DisposeAsync().ConfigureAwait(false);
            await _broker.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task PumpClientAsync()
    {
        try
        {
            await PassProtocolHeaderAsync().ConfigureAwait(false);
            while (await _client.FillAsync().ConfigureAwait(false))
            {
                bool goesOn = Collect();
                await _toBroker.SendAsync(_batch.Written).ConfigureAwait(false);
                _batch.Clear();
                if (!goesOn)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is AmqpWireException || Pump.IsEnd(exception))
        {
            // What is no frame ends the connection: a proxy cannot find the next one.
        }

        await _toBroker.CompleteAsync().ConfigureAwait(false);
        await _broker.FinishAsync().ConfigureAwait(false);
        _batch.Dispose();
        if (_client.HasEnded || _closing)
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    // A fault at a frame of the client speaks between that frame and the next.
    private void ToBroker(ReadOnlyMemory<byte> frame)
    {
        if (Volatile.Read(ref _collector) == Environment.CurrentManagedThreadId)
        {
            _batch.Raw(frame.Span);
        }
        else
        {
            _toBroker.Post(frame.ToArray());
        }
    }

    private async Task PassProtocolHeaderAsync()
    {
        ProtocolHeader header;
        while (!_client.TryReadProtocolHeader(out header))
        {
            if (!await _client.FillAsync().ConfigureAwait(false))
            {
                return;
            }
        }

        byte[] bytes = [.. "AMQP"u8, header.Id, header.Major, header.Minor, header.Revision];
        await _toBroker.SendAsync(bytes).ConfigureAwait(false);
    }

    private bool Collect()
    {
        Volatile.Write(ref _collector, Environment.CurrentManagedThreadId);
        try
        {
            return CollectFrames();
        }
        finally
        {
            Volatile.Write(ref _collector, 0);
        }
    }

    private bool CollectFrames()
    {
        while (_client.TryRead(out Frame frame))
        {
            if (_closing && frame.Method == AmqpMethod.ConnectionCloseOk)
            {
                return false;
            }

            if (!_closing && !IsOfClosedChannel(frame))
            {
                _batch.Raw(frame.Raw.Span);
            }
        }

        return true;
    }

    private bool IsOfClosedChannel(in Frame frame)
    {
        if (_clientClosing.IsEmpty || !_clientClosing.ContainsKey(frame.Channel))
        {
            return false;
        }

        if (frame.Method == AmqpMethod.ChannelCloseOk)
        {
            _clientClosing.TryRemove(frame.Channel, out _);
        }

        return true;
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
        _feed.End();
        _feed.Dispose();
        if (reset)
        {
            _client.Reset();
        }
        else
        {
            await _client.FinishAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask FeedAsync(ReadOnlyMemory<byte> bytes)
    {
        _feed.Feed(bytes);
        await _client.WaitForRoomAsync(MostPending).ConfigureAwait(false);
    }

    // Between our channel.close and the broker's close-ok nothing of the channel is for the client; it may have opened it anew.
    private bool IsSwallowed(Frame frame)
    {
        if (_brokerClosing.IsEmpty || !_brokerClosing.TryGetValue(frame.Channel, out int count) || count == 0)
        {
            return false;
        }

        if (frame.Method == AmqpMethod.ChannelCloseOk)
        {
            _brokerClosing[frame.Channel] = count - 1;
        }

        return true;
    }
}
