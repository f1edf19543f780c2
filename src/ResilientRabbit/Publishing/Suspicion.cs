namespace ResilientRabbit.Publishing;

/// <summary>What the quarantine holds against messages, at one moment: answers most questions without its lock. Immutable.</summary>
/// <param name="exchanges">The exchanges.</param>
/// <param name="sizeLimit">Larger messages are suspected.</param>
/// <param name="hasUsers">Whether messages with a user id are.</param>
internal sealed class Suspicion(HashSet<string> exchanges, long sizeLimit, bool hasUsers)
{
    /// <summary>False: certainly not.</summary>
    public bool MayConcern(PendingMessage message) => exchanges.Contains(message.Exchange) || message.Size > sizeLimit || (hasUsers && message.UserId is not null);
}
