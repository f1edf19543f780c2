using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>
/// One TCP connection for one driver connection, with our stream and a handle to close it whatever the driver does. TLS, when wanted, is done
/// here and not by the driver: so that many frames are encrypted together, and so that the handshake has the attempt's time limit.
/// </summary>
internal sealed class TransportClient : ITcpClient
{
    private const int LinuxTcpUserTimeout = 18;
    private const int LinuxTcpRtoMax = 44;

    private static readonly TimeSpan PokeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WindowPatience = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time;
    private readonly TimeSpan _heartbeat;
    private readonly TimeSpan _tcpTimeout;
    private readonly ClientTls? _tls;
    private readonly CancellationTokenSource _aborted = new();
    private readonly Socket _socket;
    private readonly Lock _userTimeoutGate = new();
    private TransportStream? _stream;
    private TimeSpan _userTimeout;
    private bool _isWindowClosed;
    private long _poked;

    /// <summary>Makes the socket.</summary>
    /// <param name="family">The family of the address.</param>
    /// <param name="heartbeat">The heartbeat: how long sent bytes may stay unacknowledged.</param>
    /// <param name="time">The time.</param>
    /// <param name="tls">The handshake; null for plain connections.</param>
    /// <param name="tcpTimeout">How long TCP alone may take to connect; null for no other limit than that of the attempt.</param>
    public TransportClient(AddressFamily family, TimeSpan heartbeat, TimeProvider time, ClientTls? tls = null, TimeSpan? tcpTimeout = null)
    {
        _tcpTimeout = tcpTimeout ?? Timeout.InfiniteTimeSpan;
        _tls = tls;
        _time = time;
        _heartbeat = heartbeat;
        _socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    }

    /// <summary>What is masked in the broker's texts.</summary>
    public ReplyMask Replies { get; init; } = new();

    /// <summary>The largest message that is received, in bytes.</summary>
    public int MaxContent { get; init; } = IncomingFrames.UsualMaxContent;

    /// <summary>
    /// The longest pause between two transmissions of the same bytes, where the kernel lets it be chosen (seen on Linux 6.18); null for the kernel's own, which
    /// doubles up to two minutes.
    /// </summary>
    public TimeSpan? LongestRetransmission { get; init; }

    /// <summary>Tells how often what is unacknowledged was sent again (<see cref="TcpRepeats"/>); null where nobody is to ask, because the address does not move.</summary>
    public Func<Socket, int>? CountRepeats { get; init; }

    /// <summary>Whether bytes that were sent three times are still not acknowledged, which takes some 0.6 seconds. Never where nobody is to ask.</summary>
    public bool IsUnanswered => CountRepeats?.Invoke(_socket) >= 2;

    /// <summary>Whether the socket has something that the reader, for want of a thread, has not seen yet: bytes, or the end. A reset throws the unread bytes away.</summary>
    public bool HasNews
    {
        get
        {
            try
            {
                return _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    public bool Connected => _socket.Connected;

    public TimeSpan ReceiveTimeout { get; set; }

    public Socket Client => _socket;

    /// <summary>The stream once TCP is connected and TLS, when wanted, is agreed.</summary>
    public TransportStream? Stream => Volatile.Read(ref _stream);

    /// <summary>Why TCP could not connect; null when it could.</summary>
    public SocketException? TcpFault { get; private set; }

    /// <summary>The address that was dialled.</summary>
    public IPAddress Address { get; private set; } = IPAddress.None;

    /// <summary>The address of this end; empty when there is none.</summary>
    public string LocalAddress { get; private set; } = "";

    public async Task ConnectAsync(IPAddress host, int port, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _aborted.Token);
        Address = host;
        if (LongestRetransmission is { } longest)
        {
            SetLinuxOption(LinuxTcpRtoMax, longest);
        }

        await ConnectTcpAsync(host, port, linked.Token).ConfigureAwait(false);
        LocalAddress = _socket.LocalEndPoint?.ToString() ?? "";
        SetKeepAlive();
        SetUserTimeout(_heartbeat);
        SslStream? tls = _tls is null ? null : await AuthenticateAsync(_tls, linked.Token).ConfigureAwait(false);
        Volatile.Write(ref _stream, new TransportStream(_socket, tls, _time, MaxContent, Replies));
        if (_aborted.IsCancellationRequested)
        {
            Abort();
        }
    }

    /// <summary>
    /// Where the address may move: sends a heartbeat, once a second at most, so that there is something to acknowledge. What was acknowledged by a machine that is gone now is never sent again, and TCP would say nothing.
    /// </summary>
    public void Poke()
    {
        long last = Volatile.Read(ref _poked);
        long now = _time.GetTimestamp();
        if (CountRepeats is not null && Stream is { } stream && (last == 0 || _time.GetElapsedTime(last, now) >= PokeInterval) && Interlocked.CompareExchange(ref _poked, now, last) == last)
        {
            stream.Sender.TryAppend(TransportStream.Heartbeat, 0, stream.Sender.StampOf(0));
        }
    }

    public NetworkStream GetStream() => Stream ?? throw new InvalidOperationException("Not connected.");

    public void Close() => Abort();

    public void Dispose() => Abort();

    /// <summary>Ends the connection in whatever phase it is. Returns at once; idempotent.</summary>
    public void Abort()
    {
        _aborted.Cancel();
        if (Stream is { } stream)
        {
            stream.Abort();
        }
        else
        {
            _socket.Dispose();
        }
    }

    /// <summary>
    /// Sets TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged before the kernel gives the connection up (Linux only).
    /// Zero switches it off, which is needed while the broker has blocked the connection: its closed window counts as silence.
    /// </summary>
    public void SetUserTimeout(TimeSpan timeout)
    {
        lock (_userTimeoutGate)
        {
            _userTimeout = timeout;
            ApplyUserTimeout();
        }
    }

    /// <summary>
    /// To be called again and again: switches TCP_USER_TIMEOUT off as long as the peer reads nothing, and on again. The kernel counts a closed window, too, and would end the connection to a broker that is only slow
    /// (its flow control reads nothing and says nothing); a peer that answers the kernel's questions is there.
    /// </summary>
    public void LookAtWindow()
    {
        bool isClosed = Stream?.SendStarted is { } started and not 0 && _time.GetElapsedTime(started) >= WindowPatience && TcpRepeats.IsWindowClosed(_socket);
        lock (_userTimeoutGate)
        {
            if (isClosed != _isWindowClosed)
            {
                _isWindowClosed = isClosed;
                ApplyUserTimeout();
            }
        }
    }

    private void ApplyUserTimeout() => SetLinuxOption(LinuxTcpUserTimeout, _isWindowClosed ? TimeSpan.Zero : _userTimeout);

    private void SetLinuxOption(int option, TimeSpan value)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, option, BitConverter.GetBytes((int)value.TotalMilliseconds));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A guard less on a dying or exotic socket, or an older kernel: the read-idle guard remains.
        }
    }

    private async Task ConnectTcpAsync(IPAddress host, int port, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_tcpTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _socket.ConnectAsync(host, port, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TcpFault = new SocketException((int)SocketError.TimedOut);
        }
        catch (SocketException exception)
        {
            TcpFault = exception;
            throw;
        }
    }

    private async Task<SslStream> AuthenticateAsync(ClientTls handshake, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new NetworkStream(_socket, ownsSocket: false));
        try
        {
            await tls.AuthenticateAsClientAsync(handshake.Options, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (Exception exception)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (handshake.Problem is { } problem)
            {
                throw new CertificateException(problem, exception);
            }

            throw;
        }
    }

    private void SetKeepAlive()
    {
        try
        {
            int seconds = Math.Max(1, (int)_heartbeat.TotalSeconds);
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / 3));
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        }
        catch (Exception exception) when (exception is SocketException or PlatformNotSupportedException)
        {
            // Keep-alive is the third line of defence; the read-idle guard does not need it.
        }
    }
}
