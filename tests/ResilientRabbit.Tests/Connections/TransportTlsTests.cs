using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>TLS below our stream: the driver sees plain bytes.</summary>
public sealed class TransportTlsTests
{
    private static readonly SslClientAuthenticationOptions Trusting = new()
    {
        TargetHost = "node",
#pragma warning disable CA5359 // A certificate made for this test.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    [Fact]
    public async Task Bytes_of_many_writes_arrive_whole_both_ways()
    {
        using Socket listener = Listen();
        using TransportClient client = NewClient(Trusting);
        Task<SslStream> accepting = AcceptAsync(listener);
        await client.ConnectAsync(IPAddress.Loopback, Port(listener)).WaitAsync(Watch.Limit);
        await using SslStream peer = await accepting.WaitAsync(Watch.Limit);
        byte[] body = new byte[300_000];
        new Random(1).NextBytes(body);
        byte[] frame = FrameBytes.Frame(3, 1, body);

        await client.Stream!.WriteAsync(FrameBytes.Method(1, 20, 10, 1));
        Assert.True(client.Stream.Sender.TryAppend(frame, 1, 1));
        byte[] received = new byte[FrameBytes.Method(1, 20, 10, 1).Length + frame.Length];
        await peer.ReadExactlyAsync(received).AsTask().WaitAsync(Watch.Limit);
        await peer.WriteAsync(body).AsTask().WaitAsync(Watch.Limit);
        byte[] answer = new byte[body.Length];
        await client.Stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Watch.Limit);

        Assert.True(received.AsSpan(^frame.Length..).SequenceEqual(frame));
        Assert.True(answer.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_ends_the_attempt()
    {
        using Socket listener = Listen();
        using TransportClient client = NewClient(new SslClientAuthenticationOptions { TargetHost = "node" });
        Task<SslStream> accepting = AcceptAsync(listener);

        await Assert.ThrowsAsync<AuthenticationException>(() => client.ConnectAsync(IPAddress.Loopback, Port(listener)).WaitAsync(Watch.Limit));

        Assert.Null(client.Stream);
        client.Dispose();
        await Task.WhenAny(accepting).WaitAsync(Watch.Limit);
        _ = accepting.Exception;
    }

    [Fact]
    public async Task A_peer_that_is_silent_in_the_handshake_is_left_at_the_abort()
    {
        using Socket listener = Listen();
        using TransportClient client = NewClient(Trusting);
        Task connecting = client.ConnectAsync(IPAddress.Loopback, Port(listener));
        using Socket peer = await listener.AcceptAsync().WaitAsync(Watch.Limit);
        await peer.ReceiveAsync(new byte[1]).WaitAsync(Watch.Limit);

        client.Abort();

        await Assert.ThrowsAnyAsync<Exception>(() => connecting.WaitAsync(Watch.Limit));
        Assert.True(connecting.IsCompleted);
    }

    private static TransportClient NewClient(SslClientAuthenticationOptions tls) => new(AddressFamily.InterNetwork, TimeSpan.FromSeconds(10), TimeProvider.System, new ClientTls(tls));

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static int Port(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    private static async Task<SslStream> AcceptAsync(Socket listener)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var stream = new SslStream(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
        await stream.AuthenticateAsServerAsync(certificate);
        return stream;
    }
}
