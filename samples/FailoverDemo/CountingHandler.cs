using System.Globalization;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Counts what arrives.</summary>
internal sealed class CountingHandler(Tally tally, bool sabotage) : IMessageHandler
{
    private const int SabotagedNumber = 1000;

    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        var number = int.Parse(message.MessageId ?? "", CultureInfo.InvariantCulture);

        // Acknowledged and not counted, as by a consumer that loses what it was given.
        if (!sabotage || number != SabotagedNumber)
        {
            tally.Receive(number);
        }

        return ValueTask.FromResult(Settlement.Ack);
    }
}
