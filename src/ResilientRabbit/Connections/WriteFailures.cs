using RabbitMQ.Client.Exceptions;

namespace ResilientRabbit.Connections;

/// <summary>Sorts the exceptions of the driver's publish, as its source has them (version 7.1.2).</summary>
internal static class WriteFailures
{
    public static WriteFailure Classify(Exception exception) => exception switch
    {
        // Thrown before the frames reach the driver's queue.
        AlreadyClosedException or System.Threading.Channels.ChannelClosedException or ObjectDisposedException => WriteFailure.ChannelGone,

        // Our own token, cancelled when the session died while the driver's queue was full: the frames did not get in.
        OperationCanceledException => WriteFailure.ChannelGone,

        // Serialisation happens before the queue; the driver takes its sequence number back.
        ArgumentException or WireFormattingException or FormatException or OverflowException => WriteFailure.BadMessage,
        _ => WriteFailure.Unclear,
    };
}
