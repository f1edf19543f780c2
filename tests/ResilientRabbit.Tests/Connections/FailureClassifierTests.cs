using System.Net.Sockets;
using Polly.Timeout;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.ConnectionFailureReason;
using Initiator = RabbitMQ.Client.ShutdownInitiator;

namespace ResilientRabbit.Tests.Connections;

public sealed class FailureClassifierTests
{
    // Built as the driver builds them: see its ConnectionFactory, Connection.Commands and SocketFactory (version 7.1.2).
    private static readonly Dictionary<string, (Exception Exception, ConnectionFailureReason Reason)> Cases = new(StringComparer.Ordinal)
    {
        ["our own exception keeps its reason"] = (new ConnectionException(Silent, null, "x"), Silent),
        ["the time limit of an attempt"] = (new TimeoutRejectedException(), TimedOut),
        ["a cancelled driver call"] = (new TaskCanceledException(), TimedOut),
        ["a time-out"] = (new TimeoutException(), TimedOut),
        ["credentials refused"] = (new BrokerUnreachableException(new AuthenticationFailureException("ACCESS_REFUSED")), AuthenticationFailed),
        ["an end in the handshake with 403"] = (new BrokerUnreachableException(new PossibleAuthenticationFailureException("Possibly", Interrupted(Initiator.Peer, 403, "ACCESS_REFUSED"))), AuthenticationFailed),
        ["an end in the handshake without a word"] = (new BrokerUnreachableException(new PossibleAuthenticationFailureException("Possibly", Interrupted(Initiator.Library, 541, "End of stream"))), Dropped),
        ["an end in the handshake for any other reason"] = (new PossibleAuthenticationFailureException("Possibly", new IOException()), Dropped),
        ["a missing virtual host"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - vhost x not found"), VirtualHostRefused),
        ["a virtual host without permission"] = (new AlreadyClosedException(Shutdown(Initiator.Peer, 530, "NOT_ALLOWED - access to vhost 'x' refused for user 'u'")), VirtualHostRefused),
        ["a secret that is not renewed"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - New secret was refused by one of the backends"), AuthenticationFailed),
        ["a renewal that fails"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - Secret update failed"), AuthenticationFailed),
        ["a virtual host that is called like a secret"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - access to vhost 'New secret was refused' refused for user 'u'"), VirtualHostRefused),
        ["a limit on connections"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - access to vhost 'x' refused: connection limit (5) is reached"), ClosedByBroker),
        ["a limit on the connections of a user"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - Connection refused for user 'u': user connection limit (5) is reached"), ClosedByBroker),
        ["a virtual host that is called like a limit"] = (Interrupted(Initiator.Peer, 530, "NOT_ALLOWED - access to vhost 'unlimited' refused for user 'u'"), VirtualHostRefused),
        ["closed by an operator"] = (Interrupted(Initiator.Peer, 320, "CONNECTION_FORCED - broker forced connection closure"), ClosedByBroker),
        ["access refused on a channel"] = (Interrupted(Initiator.Peer, 403, "ACCESS_REFUSED"), AuthenticationFailed),
        ["a frame error told by the broker"] = (Interrupted(Initiator.Peer, 501, "FRAME_ERROR"), ProtocolError),
        ["a syntax error told by the broker"] = (Interrupted(Initiator.Peer, 502, "SYNTAX_ERROR"), ProtocolError),
        ["an invalid command told by the broker"] = (Interrupted(Initiator.Peer, 503, "COMMAND_INVALID"), ProtocolError),
        ["a channel error told by the broker"] = (Interrupted(Initiator.Peer, 504, "CHANNEL_ERROR"), ProtocolError),
        ["an unexpected frame told by the broker"] = (Interrupted(Initiator.Peer, 505, "UNEXPECTED_FRAME"), ProtocolError),
        ["any other reply of the broker"] = (Interrupted(Initiator.Peer, 541, "INTERNAL_ERROR"), Dropped),
        ["a session ended by the driver"] = (Interrupted(Initiator.Library, 320, "not the broker's words"), Dropped),
        ["an interruption without a reason"] = (new OperationInterruptedException(), Dropped),
        ["another protocol version"] = (new BrokerUnreachableException(new ProtocolVersionMismatchException(0, 9, 0, 8)), ProtocolError),
        ["bytes that are not AMQP"] = (new BrokerUnreachableException(new PacketNotRecognizedException(0, 0, 9, 1)), ProtocolError),
        ["a malformed frame"] = (New<MalformedFrameException>("bad frame"), ProtocolError),
        ["unreachable without a cause"] = (new BrokerUnreachableException(null!), Dropped),
        ["connection refused"] = (Connect(SocketError.ConnectionRefused), Unreachable),
        ["host unreachable"] = (Connect(SocketError.HostUnreachable), Unreachable),
        ["network unreachable"] = (Connect(SocketError.NetworkUnreachable), Unreachable),
        ["a TCP time-out"] = (Connect(SocketError.TimedOut), TimedOut),
        ["an unknown host"] = (Connect(SocketError.HostNotFound), NameNotResolved),
        ["a name server that does not answer"] = (Connect(SocketError.TryAgain), NameNotResolved),
        ["a name without address"] = (Connect(SocketError.NoData), NameNotResolved),
        ["a reset"] = (Connect(SocketError.ConnectionReset), Dropped),
        ["a time-out of the driver's connect"] = (InAggregate(New<ConnectFailureException>("Connection failed", new TimeoutException())), TimedOut),
        ["a connect failure without a cause"] = (New<ConnectFailureException>("Connection failed", null), Dropped),
        ["connection.start never came"] = (new BrokerUnreachableException(new IOException("connection.start was never received")), Dropped),
        ["a disposed socket"] = (new ObjectDisposedException("Socket"), Dropped),
        ["an empty aggregate"] = (new AggregateException(), Dropped),
        ["what nobody has thought of"] = (new InvalidOperationException(), Dropped),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_exception_has_its_reason(string name)
        => Assert.Equal(Cases[name].Reason, FailureClassifier.Classify(Cases[name].Exception));

    [Fact]
    public void Only_credentials_and_virtual_host_are_refusals()
        => Assert.Equal([AuthenticationFailed, VirtualHostRefused], Enum.GetValues<ConnectionFailureReason>().Where(FailureClassifier.IsRefusal));

    [Theory]
    [InlineData(Initiator.Peer, 320, ClosedByBroker)]
    [InlineData(Initiator.Peer, 530, VirtualHostRefused)]
    [InlineData(Initiator.Application, 200, ClientClosed)]
    [InlineData(Initiator.Library, 541, Dropped)]
    public void A_shutdown_is_described_by_who_began_it_and_the_reply(Initiator initiator, ushort code, ConnectionFailureReason reason)
    {
        ConnectionLoss loss = FailureClassifier.Describe(Shutdown(initiator, code, "text"));

        Assert.Equal(new ConnectionLoss(reason, "text", code), loss);
    }

    [Fact]
    public void A_shutdown_by_the_driver_is_described_by_its_exception()
    {
        var cause = new IOException("failed", new SocketException((int)SocketError.ConnectionReset));

        ConnectionLoss loss = FailureClassifier.Describe(new ShutdownEventArgs(Initiator.Library, 0, "End of stream", cause));

        Assert.Equal(Dropped, loss.Reason);
        Assert.Same(cause, loss.Cause);
    }

    [Fact]
    public void The_reply_is_found_inside_other_exceptions()
        => Assert.Equal((404, "NOT_FOUND"), FailureClassifier.ReplyOf(new IOException("outer", new InvalidOperationException("middle", Interrupted(Initiator.Peer, 404, "NOT_FOUND")))));

    [Fact]
    public void A_session_ended_by_the_driver_has_no_reply_of_the_broker()
        => Assert.Equal((0, ""), FailureClassifier.ReplyOf(Interrupted(Initiator.Library, 541, "End of stream")));

    [Fact]
    public void Any_other_exception_has_no_reply()
        => Assert.Equal((0, ""), FailureClassifier.ReplyOf(new IOException()));

    [Fact]
    public void A_cancelled_request_is_a_time_out()
    {
        // Driver issue 2018: it never throws the time-out itself.
        Assert.True(FailureClassifier.IsTimeout(new TaskCanceledException()));
        Assert.True(FailureClassifier.IsTimeout(new TimeoutException()));
        Assert.False(FailureClassifier.IsTimeout(new IOException()));
    }

    private static ShutdownEventArgs Shutdown(Initiator initiator, ushort code, string text) => new(initiator, code, text);

    private static OperationInterruptedException Interrupted(Initiator initiator, ushort code, string text) => new(Shutdown(initiator, code, text));

    private static BrokerUnreachableException Connect(SocketError error)
        => InAggregate(New<ConnectFailureException>("Connection failed", new SocketException((int)error)));

    private static BrokerUnreachableException InAggregate(Exception cause) => new(new AggregateException(cause));

    // Some of the driver's constructors are internal.
    private static T New<T>(params object?[] arguments) => (T)Activator.CreateInstance(
        typeof(T), System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic, null, arguments, null)!;
}
