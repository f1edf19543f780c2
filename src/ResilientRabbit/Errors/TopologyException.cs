namespace ResilientRabbit;

/// <summary>Reports that the broker refused a declaration.</summary>
public sealed class TopologyException : RabbitException
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="entity">The entity, for example <c>queue 'orders'</c>.</param>
    /// <param name="replyCode">The broker's reply code; 0 when it gave none.</param>
    /// <param name="replyText">The broker's reply text.</param>
    /// <param name="message">What failed, why, and what to check.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public TopologyException(string entity, int replyCode, string replyText, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Entity = entity;
        HelpLink = HelpLinks.Of("topology", "Refused");
        ReplyCode = replyCode;
        ReplyText = replyText;
    }

    /// <summary>Gets the entity, for example <c>queue 'orders'</c>.</summary>
    public string Entity { get; }

    /// <summary>Gets the broker's reply code (AMQP 0-9-1, section 1.2); 0 when it gave none.</summary>
    public int ReplyCode { get; }

    /// <summary>Gets the broker's reply text.</summary>
    public string ReplyText { get; }

    /// <inheritdoc/>
    public override bool IsTransient => ReplyCode is 0 or 404;
}
