namespace ResilientRabbit;

/// <summary>Counts the outcomes of a client's messages since it was built. Taken at one instant: the outcomes and <see cref="Pending"/> always add up to <see cref="Submitted"/>.</summary>
/// <param name="Submitted">Messages accepted by the publisher.</param>
/// <param name="Confirmed">Messages that the broker has confirmed.</param>
/// <param name="NotSent">Messages that failed with <see cref="PublishFailure.NotSent"/>, those cancelled before they were written included.</param>
/// <param name="Refused">Messages that failed with <see cref="PublishFailure.Refused"/>.</param>
/// <param name="Unroutable">Messages that failed with <see cref="PublishFailure.Unroutable"/>.</param>
/// <param name="Unknown">Messages that failed with <see cref="PublishFailure.Unknown"/>, those cancelled after they were written included.</param>
/// <param name="Pending">Messages without an outcome.</param>
/// <param name="PendingBytes">Bytes of the bodies of the pending messages.</param>
/// <param name="Replayed">Copies beyond the first that were written after a loss, a nack or an isolation step.</param>
public readonly record struct PublishCounts(
    long Submitted, long Confirmed, long NotSent, long Refused, long Unroutable, long Unknown, long Pending, long PendingBytes, long Replayed);
