using System.Net.Sockets;
using ResilientRabbit.Testing.Journal;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// One TCP connection of a client as the broker or the proxy holds it: frames in, frames out, and between them and the socket the faults and
/// the journal. Without faults and journal each call costs a check of two fields.
/// </summary>
/// <remarks>
/// One reader (<see cref="FillAsync"/>, <see cref="TryRead"/>); any thread may send. Frames handed out are valid until the next call of
/// <see cref="TryRead"/> or <see cref="FillAsync"/>; asking for the next one says that the former is dealt with. Sending only adds to the
/// burst: <see cref="Flush"/> sends it.
/// </remarks>
internal sealed partial class AmqpLink : IAsyncDisposable
{
    private readonly FaultEngine _faults;
    private readonly LinkSocket _socket;
    private readonly FrameReader _reader;
    private readonly FrameOutbox _outbox = new();
    private readonly LinkJournal? _journal;
    private readonly InLane _in;
    private readonly OutLane _out;
    private readonly Task _sender;
    private Task<bool>? _pendingFill;
    private int _disposed;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket, for what only a socket can do.</param>
    /// <param name="stream">Its stream, or the TLS stream over it.</param>
    /// <param name="number">The number of the connection, counted by the owner from 1.</param>
    /// <param name="faults">The faults of the broker or proxy.</param>
    /// <param name="journal">The journal, or null for none.</param>
    /// <param name="alreadyRead">What was read from the stream before.</param>
    public AmqpLink(Socket socket, Stream stream, int number, FaultEngine faults, FrameJournal? journal, ReadOnlySpan<byte> alreadyRead = default)
    {
        Number = number;
        _faults = faults;
        _socket = new LinkSocket(socket, stream);
        _reader = new FrameReader(stream, alreadyRead);
        _journal = journal is null ? null : new LinkJournal(journal, number);
        _in = new InLane(this, faults);
        _out = new OutLane(this, faults, _outbox, _journal);
        _sender = _socket.SendAllAsync(_outbox);
    }

    /// <summary>The connection's number, from 1: what faults and the journal call it.</summary>
    public int Number { get; }

    /// <summary>Whom to tell of what a fault did in its name.</summary>
    public IFaultTarget? Target { get; set; }

    /// <summary>The publishes of this connection and their confirms.</summary>
    public ConfirmLedger Confirms { get; } = new();

    /// <summary>The largest whole frame accepted and written, in bytes (0: no limit). Set after tune-ok.</summary>
    public int MaxFrameSize
    {
        get => _reader.MaxFrameSize;
        set => _reader.MaxFrameSize = value;
    }

    /// <summary>Bytes that the peer has not taken yet. A broker looks here before it delivers: a slow consumer must not fill the memory.</summary>
    public int PendingBytes => _outbox.PendingBytes;

    private bool IsOutQuiet => _out.IsQuiet && !Confirms.Filters;

    /// <summary>Ended from our side.</summary>
    internal bool HasEnded => _socket.HasEnded;

    internal bool HasClosedChannels => _out.HasClosedChannels;

    /// <summary>Waits for bytes from the peer.</summary>
    /// <returns>False when the connection has ended, whoever ended it and however.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                if (_in.Pause is { } pause)
                {
                    await Task.WhenAny(pause, _socket.Ended).WaitAsync(cancellationToken).ConfigureAwait(false);
                    return !_socket.HasEnded;
                }

                if (_in.RunInjected())
                {
                    return true;
                }

                if (!await ReadMoreAsync(cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                if (_socket.HasEnded)
                {
                    _reader.TakeUnread();
                }
                else if (_pendingFill is null)
                {
                    return true;
                }
            }
        }
        catch (Exception exception) when (LinkSocket.IsEnd(exception))
        {
            // A reset, from either side: for the owner the end is the end.
            return false;
        }
    }

    /// <summary>The next frame of what was read.</summary>
    /// <exception cref="AmqpWireException">The peer sent something that is no frame.</exception>
    public bool TryRead(out Frame frame)
    {
        if (_in.IsQuiet && !_socket.HasEnded)
        {
            if (!_reader.TryRead(out frame))
            {
                return false;
            }

            ulong number = Confirms.Received(frame);
            if (number > 0)
            {
                Confirms.Forwarded(frame.Channel, number);
            }

            _journal?.AddFrame(FrameDirection.FromClient, frame, number);
            return true;
        }

        return TryReadThroughLane(out frame);
    }

    /// <summary>The protocol header with which a client begins; the eight bytes are consumed whatever they say.</summary>
    public bool TryReadProtocolHeader(out ProtocolHeader header) => _reader.TryReadProtocolHeader(out header);

    /// <summary>Ends a burst: what was sent since goes out in one write.</summary>
    public void Flush() => _outbox.Flush();

    /// <summary>Completes when at most <paramref name="bytes"/> are pending or the connection has ended: a reader that answers waits here.</summary>
    public Task WaitForRoomAsync(int bytes) => _outbox.WaitForRoomAsync(bytes);

    /// <summary>Sends what is pending, then FIN, and completes when that is done.</summary>
    public async Task FinishAsync()
    {
        _outbox.Complete();
        await _sender.ConfigureAwait(false);
        _socket.ShutdownSend();
    }

    /// <summary>Closes the socket with a reset, at once; pending bytes are lost.</summary>
    public void Reset()
    {
        _outbox.Complete();
        _socket.Reset();
    }

    /// <summary>Closes the socket and waits for the send loop; what is pending and unsent is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _outbox.Complete();
        _socket.Close();
        await _sender.ConfigureAwait(false);
        _journal?.End();
        _outbox.Dispose();
    }

    private bool TryReadThroughLane(out Frame frame)
    {
        while (!_in.TryTake(out frame))
        {
            // While a read is pending the reader's buffer belongs to it.
            if (_socket.HasEnded || _pendingFill is not null || _in.Pause is not null || !_reader.TryRead(out Frame next))
            {
                return false;
            }

            ulong number = Confirms.Received(next);
            _journal?.AddFrame(FrameDirection.FromClient, next, number);
            _in.Add(next, number);
        }

        return true;
    }

    // Held frames may be released while nothing comes from the socket.
    private async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        if (_in.IsQuiet && _pendingFill is null)
        {
            return await _reader.FillAsync(cancellationToken).ConfigureAwait(false);
        }

        Task injected = _in.Injected;
        _pendingFill ??= _reader.FillAsync(cancellationToken).AsTask();
        await Task.WhenAny(_pendingFill, injected).ConfigureAwait(false);
        if (!_pendingFill.IsCompleted)
        {
            return true;
        }

        Task<bool> fill = _pendingFill;
        _pendingFill = null;
        return await fill.ConfigureAwait(false);
    }
}
