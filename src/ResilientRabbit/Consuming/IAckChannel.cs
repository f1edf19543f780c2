namespace ResilientRabbit.Consuming;

/// <summary>What <see cref="AckBatcher"/> needs of a channel. They complete when the frame is queued in order behind all earlier ones.</summary>
internal interface IAckChannel
{
    ValueTask AckAsync(ulong deliveryTag, bool multiple);

    ValueTask ReturnAsync(ulong deliveryTag, bool requeue);
}
