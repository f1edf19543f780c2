namespace ResilientRabbit.Consuming;

/// <summary>
/// A handler that is called for one delivery after the other, in their order, without its results being waited for: up to the prefetch are under way at the same time. What it
/// does before its first wait happens in the order of the deliveries.
/// </summary>
internal interface IPipelinedHandler
{
    /// <summary>Holds back the next delivery until there is room for it.</summary>
    Task WaitForRoomAsync(ReceivedMessage message, CancellationToken cancellationToken);
}
