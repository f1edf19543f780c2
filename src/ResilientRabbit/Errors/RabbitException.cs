namespace ResilientRabbit;

/// <remarks><see cref="Exception.HelpLink"/> names the entry of the troubleshooting page, which is in the repository and in the package.</remarks>
/// <summary>The base of the exceptions that the SDK throws for what happens at run time. Misuse throws the standard argument and state exceptions.</summary>
public abstract class RabbitException : Exception
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="message">What failed, where, why, and what to check.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    protected RabbitException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Gets a value indicating whether the same call may succeed later without a change of the program or of the broker's configuration.</summary>
    public abstract bool IsTransient { get; }
}
