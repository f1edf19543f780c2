using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using ResilientRabbit.Connections;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management.Http;

/// <summary>The connections to one address. TLS is done here and not by the handler, so that the rules are those of AMQP.</summary>
internal sealed class AddressChannel : IDisposable
{
    private const int ReadSize = 16 * 1024;
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(30);
    private static readonly string Agent = "ResilientRabbit.Management/" + (typeof(AddressChannel).Assembly.GetName().Version?.ToString(3) ?? "0");

    private readonly ManagementSettings _settings;
    private readonly CredentialsCall _credentials;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _invoker;
    private volatile string _password = "";

    public AddressChannel(ManagementAddress address, ManagementSettings settings, CredentialsCall credentials, TimeProvider time)
    {
        Address = address;
        _settings = settings;
        _credentials = credentials;
        _time = time;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // Credentials go to the configured addresses and to nobody else.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = IdleLifetime,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(cancellationToken),
        });
    }

    public ManagementAddress Address { get; }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="AttemptException">There was no complete answer.</exception>
    public async Task<(ManagementAnswer Answer, IReadOnlyList<string> Secrets)> SendAsync(ManagementRequest request, int attempt, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.RequestTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            RabbitCredentials credentials = await _credentials.GetAsync(either.Token).ConfigureAwait(false);
            _password = credentials.Password;
            string token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{credentials.Password}"));
            using HttpRequestMessage message = MessageOf(request, token);
            using HttpResponseMessage response = await _invoker.SendAsync(message, either.Token).ConfigureAwait(false);
            byte[] body = await ReadAsync(response.Content, either.Token).ConfigureAwait(false);
            return (new ManagementAnswer(Address, (int)response.StatusCode, body, request, attempt), [token, credentials.Password, .. request.Secrets]);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            throw new AttemptException(ManagementFailure.TimedOut, FormattableString.Invariant($"no complete answer within {_settings.RequestTimeout:c}"), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw FailureOf(exception);
        }
    }

    public void Dispose() => _invoker.Dispose();

    // What the pool wraps round the failure of a connection depends on who waited for it.
    private static AttemptException FailureOf(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is AttemptException own)
            {
                return new AttemptException(own.Failure, own.Message, own.InnerException);
            }
        }

        return exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded }
            ? new AttemptException(ManagementFailure.Malformed, "the answer is not HTTP; check that the address is that of the management API and not that of AMQP")
            : new AttemptException(ManagementFailure.ConnectionLost, "the connection was lost before the answer was complete", exception);
    }

    private HttpRequestMessage MessageOf(ManagementRequest request, string token)
    {
        // The scheme is always http: the stream below speaks TLS where the address says so. Without canonicalization, because '%2F' and its like are names here.
        var uri = new Uri($"http://{Address.Endpoint}{Address.Prefix}{request.Path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(request.Method, uri) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        message.Headers.Authorization = new AuthenticationHeaderValue("Basic", token);
        message.Headers.UserAgent.ParseAdd(Agent);
        message.Headers.Accept.ParseAdd("application/json, */*;q=0.1");
        if (request.Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        else if (request.Method == HttpMethod.Delete)
        {
            // The handler repeats by itself what has no content: we would not learn that an earlier DELETE may have been carried out.
            message.Content = new ReadOnlyMemoryContent(ReadOnlyMemory<byte>.Empty);
        }

        return message;
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > _settings.MaxResponseSize)
        {
            throw TooLarge();
        }

        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable closing = stream.ConfigureAwait(false);
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            int read = await stream.ReadAsync(body.GetMemory(ReadSize), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            body.Advance(read);
            if (body.WrittenCount > _settings.MaxResponseSize)
            {
                throw TooLarge();
            }
        }
    }

    private AttemptException TooLarge()
        => new(ManagementFailure.TooLarge, FormattableString.Invariant($"the answer is larger than MaxResponseSize ({_settings.MaxResponseSize} bytes)"));

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.ConnectTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(Address.Endpoint.Host, Address.Endpoint.Port), either.Token).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return Address.IsTls ? await AuthenticateAsync(stream, either.Token).ConfigureAwait(false) : stream;
        }
        catch (Exception exception)
        {
            socket.Dispose();
            throw exception switch
            {
                AttemptException => exception,
                SocketException fault => new AttemptException(ManagementFailure.Unreachable, $"no connection ({fault.SocketErrorCode}); check host, port and that the management plugin is enabled", fault),
                OperationCanceledException => new AttemptException(ManagementFailure.Unreachable, FormattableString.Invariant($"no connection within {_settings.ConnectTimeout:c}"), exception),
                _ => new AttemptException(ManagementFailure.Unreachable, $"no connection ({exception.GetType().Name})", exception),
            };
        }
    }

    private async Task<Stream> AuthenticateAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        ClientTls handshake = ClientTls.For(_settings.Tls, Address.Endpoint, name => SecretScrubber.Clean(name, [_password]))!;
        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(handshake.Options, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw new AttemptException(ManagementFailure.TlsFailed, handshake.Problem ?? "the TLS handshake failed; check that the port speaks TLS, its versions and the client certificate", exception);
        }
    }
}
