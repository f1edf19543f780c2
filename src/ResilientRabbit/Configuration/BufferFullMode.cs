namespace ResilientRabbit;

/// <summary>Says what a publish does when the pending limit of its client is reached.</summary>
public enum BufferFullMode
{
    /// <summary>The call waits, in order, for room until the deadline of its message; then it fails with <see cref="PublishFailure.NotSent"/>.</summary>
    Wait,

    /// <summary>The call fails at once with <see cref="PublishFailure.NotSent"/>.</summary>
    Fail,
}
