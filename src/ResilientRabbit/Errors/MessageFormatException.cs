namespace ResilientRabbit;

/// <summary>Says that a message cannot be read: its body, content-type, content-encoding or size is not what the handler needs.</summary>
/// <remarks>Typed handlers never see such a message. A handler that reads bodies itself may throw it as well: <see cref="ConsumerOptions.OnMalformed"/> says what becomes of the message.</remarks>
public sealed class MessageFormatException : RabbitException
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="message">What is wrong; never the content itself.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public MessageFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
        HelpLink = HelpLinks.Of("message", "Malformed");
    }

    /// <summary>Gets a value indicating whether the same message could be read later: <see langword="false"/>.</summary>
    public override bool IsTransient => false;
}
