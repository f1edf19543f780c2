namespace ResilientRabbit;

/// <summary>The outcome of one message of a batch.</summary>
public readonly record struct PublishOutcome
{
    private readonly PublishReceipt _receipt;

    internal PublishOutcome(PublishReceipt receipt, Exception? error)
    {
        _receipt = receipt;
        Error = error;
    }

    /// <summary>Gets a value indicating whether the broker has confirmed the message.</summary>
    public bool IsConfirmed => Error is null;

    /// <summary>Gets the receipt of a confirmed message.</summary>
    /// <exception cref="InvalidOperationException">The message was not confirmed.</exception>
    public PublishReceipt Receipt => Error is null ? _receipt : throw new InvalidOperationException("The message was not confirmed; see Error.");

    /// <summary>Gets why the message was not confirmed: a <see cref="PublishException"/>, a <see cref="PublishCanceledException"/> or an <see cref="ArgumentException"/>; <see langword="null"/> when it was.</summary>
    public Exception? Error { get; }
}
