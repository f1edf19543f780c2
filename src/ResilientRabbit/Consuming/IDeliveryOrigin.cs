namespace ResilientRabbit.Consuming;

/// <summary>What workers and settlement need of the channel that delivered a message.</summary>
internal interface IDeliveryOrigin
{
    /// <summary>The handlers' token: cancelled when the channel is gone or a stop does not wait any longer.</summary>
    CancellationToken Token { get; }

    AckBatcher Acks { get; }

    /// <summary>Claims a delivery for a handler.</summary>
    /// <returns>False when it is not to be handled here any more: the broker delivers it again.</returns>
    bool TryBegin();

    /// <summary>Tells that a claimed delivery is settled or given up.</summary>
    void Finish();
}
