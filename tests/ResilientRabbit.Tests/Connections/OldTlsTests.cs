using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Peers that know only what is no longer safe.</summary>
public sealed class OldTlsTests
{
#pragma warning disable CA5397, SYSLIB0039 // The old versions are what is refused.
    [Theory]
    [InlineData(SslProtocols.Tls)]
    [InlineData(SslProtocols.Tls11)]
    public async Task A_peer_that_knows_only_old_TLS_is_refused_and_the_text_says_so(SslProtocols only)
#pragma warning restore CA5397, SYSLIB0039
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var stop = new CancellationTokenSource();
        Task<List<string>> serving = ServeAsync(listener, only, stop.Token);
        var options = new ResilientRabbitOptions { Tls = { Enabled = true }, Publisher = { DeliveryTimeout = TimeSpan.FromSeconds(3), ConfirmStallTimeout = TimeSpan.FromSeconds(1) } };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"localhost:{((IPEndPoint)listener.LocalEndPoint!).Port}"));
        await using var client = new RabbitClient(options);

        PublishException failure = await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", "q", "x"u8.ToArray()).AsTask());

        ConnectionException cause = Assert.IsType<ConnectionException>(failure.InnerException);
        Assert.Equal((PublishFailure.NotSent, ConnectionFailureReason.TlsFailed), (failure.Failure, cause.Reason));
        Assert.True(cause.Message.Contains("A peer that knows only TLS 1.0 or 1.1 ends like this", StringComparison.Ordinal), cause.ToString());
        await stop.CancelAsync();
        List<string> served = await serving;

        // Not because the peer could not have spoken at all: it refused, handshake by handshake, and nobody got in.
        Assert.NotEmpty(served);
        Assert.All(served, static outcome => Assert.Equal(nameof(AuthenticationException), outcome));
    }

    private static async Task<List<string>> ServeAsync(Socket listener, SslProtocols only, CancellationToken stop)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        List<string> outcomes = [];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var stream = new SslStream(new NetworkStream(await listener.AcceptAsync(stop), ownsSocket: true));
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = only }, stop);
                outcomes.Add("let in");
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (Exception refused) when (refused is AuthenticationException or IOException)
            {
                outcomes.Add(refused.GetType().Name);
            }
        }

        return outcomes;
    }
}
