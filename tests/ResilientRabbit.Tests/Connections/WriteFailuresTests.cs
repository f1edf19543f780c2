using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.Connections.WriteFailure;

namespace ResilientRabbit.Tests.Connections;

public sealed class WriteFailuresTests
{
    private static readonly Dictionary<string, (Exception Exception, WriteFailure Failure)> Cases = new(StringComparer.Ordinal)
    {
        ["channel closed"] = (new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 404, "NOT_FOUND")), ChannelGone),
        ["queue of frames completed"] = (new ChannelClosedException(), ChannelGone),
        ["channel disposed"] = (new ObjectDisposedException("Channel"), ChannelGone),
        ["session's token cancelled"] = (new OperationCanceledException(), ChannelGone),
        ["text too long"] = (new ArgumentException("too long"), BadMessage),
        ["type the field table does not know"] = (new WireFormattingException("type"), BadMessage),
        ["decimal too large"] = (new OverflowException(), BadMessage),
        ["bad format"] = (new FormatException(), BadMessage),
        ["anything else"] = (new InvalidOperationException(), Unclear),
        ["failed socket"] = (new IOException(), Unclear),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_exception_of_a_write_has_its_meaning(string name)
        => Assert.Equal(Cases[name].Failure, WriteFailures.Classify(Cases[name].Exception));
}
