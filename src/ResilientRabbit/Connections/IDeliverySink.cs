namespace ResilientRabbit.Connections;

/// <summary>Takes the deliveries of one channel, on the connection's reading loop: it only passes them on, never waits and never throws.</summary>
internal interface IDeliverySink
{
    void OnDelivery(in IncomingDelivery delivery);

    /// <summary>The queue that was asked for a message has none.</summary>
    void OnQueueEmpty()
    {
    }

    /// <summary>All that was received together has been passed to <see cref="OnDelivery"/>.</summary>
    void OnDeliveriesEnd();
}
