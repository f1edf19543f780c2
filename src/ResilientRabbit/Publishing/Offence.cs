namespace ResilientRabbit.Publishing;

/// <summary>Something for which the broker has closed a channel, and what is known of the messages that share it. Guarded by the lock of <see cref="Quarantine"/>.</summary>
/// <param name="owner">Whose lock guards it.</param>
internal sealed class Offence(Quarantine owner)
{
    /// <summary>When the broker refused such a message last: a timestamp of the client's time provider.</summary>
    public long LastRefused { get; set; }

    /// <summary>The number of the refusal that began it; see <see cref="Quarantine.Count"/>.</summary>
    public long Number { get; init; }

    /// <summary>True when such a message was confirmed after the last refusal.</summary>
    public bool HasConfirmed { get; set; }

    /// <summary>Messages in quarantine because of it that have no outcome yet.</summary>
    public int Pending { get; set; }

    /// <summary>A message in quarantine has its outcome.</summary>
    public void Leave(bool isConfirmed) => owner.Leave(this, isConfirmed);
}
