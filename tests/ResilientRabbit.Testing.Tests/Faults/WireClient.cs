using System.Net.Sockets;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>A client that speaks frames and nothing else: for what RabbitMQ.Client hides.</summary>
internal sealed class WireClient : IAsyncDisposable
{
    private readonly TcpClient _tcp = new();
    private readonly WireWriter _writer = new();
    private FrameReader _reader = null!;

    /// <summary>Connects, and opens channel 1.</summary>
    public static async Task<WireClient> OpenAsync(string host, int port)
    {
        var client = new WireClient();
        await client._tcp.ConnectAsync(host, port);
        client._reader = new FrameReader(client._tcp.GetStream()) { MaxFrameSize = 0 };
        await client._tcp.GetStream().WriteAsync(ProtocolHeader.Amqp091.ToArray());
        await client.ExpectAsync(AmqpMethod.ConnectionStart);
        client.Send(0, new AmqpConnection.StartOk([], "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"));
        await client.ExpectAsync(AmqpMethod.ConnectionTune);
        client.Send(0, new AmqpConnection.TuneOk(2047, 131072, 0));
        client.Send(0, new AmqpConnection.Open("/"));
        await client.ExpectAsync(AmqpMethod.ConnectionOpenOk);
        client.Send(1, new AmqpChannel.Open());
        await client.ExpectAsync(AmqpMethod.ChannelOpenOk);
        return client;
    }

    public void Send<TMethod>(ushort channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        _writer.WriteMethod(channel, method);
        Flush();
    }

    public void DeclareQueue(string name) => Send(1, new AmqpQueue.Declare(name, Passive: false, Durable: false, Exclusive: false, AutoDelete: false, NoWait: false, []));

    public void Publish(string exchange, string key, string? messageId = null, int? attempt = null)
    {
        var headers = attempt is null ? null : new AmqpTable { ["x-publish-attempt"] = attempt };
        var properties = new ContentProperties { MessageId = messageId, Headers = headers };
        _writer.WriteContent(1, new AmqpBasic.Publish(exchange, key, Mandatory: false, Immediate: false), properties.ToBytes(), "body"u8, 131072);
        Flush();
    }

    public void PublishMandatory(string exchange, string key, string messageId)
    {
        byte[] properties = new ContentProperties { MessageId = messageId }.ToBytes();
        _writer.WriteContent(1, new AmqpBasic.Publish(exchange, key, Mandatory: true, Immediate: false), properties, "body"u8, 131072);
        Flush();
    }

    /// <summary>Bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _writer.Raw(bytes);
        Flush();
    }

    /// <summary>The next frame but heartbeats; it must be this method.</summary>
    public async Task<Command> ExpectAsync(AmqpMethod method)
    {
        Command command = await ReadAsync() ?? throw new InvalidOperationException($"the connection ended instead of {method}");
        Assert.Equal(method, command.Method);
        return command;
    }

    /// <summary>The next method frame; null at the end.</summary>
    public async Task<Command?> ReadAsync()
    {
        using var bound = new CancellationTokenSource(RecordingDriver.Bound);
        while (true)
        {
            while (_reader.TryRead(out Frame frame))
            {
                if (frame.Type == FrameType.Method)
                {
                    return new Command(frame.Raw.ToArray());
                }
            }

            if (!await _reader.FillAsync(bound.Token))
            {
                return null;
            }
        }
    }

    /// <summary>All bytes until FIN.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var bound = new CancellationTokenSource(RecordingDriver.Bound);
        while (await _reader.FillAsync(bound.Token))
        {
        }

        return _reader.TakeUnread().ToArray();
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Flush()
    {
        _tcp.GetStream().Write(_writer.Written.Span);
        _writer.Clear();
    }
}
