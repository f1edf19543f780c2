namespace ResilientRabbit.Testing.Model;

/// <summary>What the arguments of a queue mean, with its policy; read once.</summary>
internal sealed class QueueSettings
{
    public QueueSettings(IReadOnlyDictionary<string, object?> declared)
        : this(declared, declared)
    {
    }

    private QueueSettings(IReadOnlyDictionary<string, object?> declared, IReadOnlyDictionary<string, object?> arguments)
    {
        Arguments = declared;
        IsQuorum = QueueArguments.IsQuorum(arguments);
        MessageTtl = QueueArguments.Long(arguments, QueueArguments.MessageTtl);
        Expires = QueueArguments.Long(arguments, QueueArguments.Expires);
        MaxLength = QueueArguments.Long(arguments, QueueArguments.MaxLength);
        MaxLengthBytes = QueueArguments.Long(arguments, QueueArguments.MaxLengthBytes);
        MaxPriority = (int)(QueueArguments.Long(arguments, QueueArguments.MaxPriority) ?? 0);
        DeliveryLimit = (int?)QueueArguments.Long(arguments, QueueArguments.DeliveryLimit);
        DeadLetterExchange = QueueArguments.String(arguments, QueueArguments.DeadLetterExchange);
        DeadLetterRoutingKey = QueueArguments.String(arguments, QueueArguments.DeadLetterRoutingKey);
        IsSingleActive = arguments.TryGetValue(QueueArguments.SingleActiveConsumer, out object? single) && single is true;
        string? overflow = QueueArguments.String(arguments, QueueArguments.Overflow);
        // A quorum queue does not know reject-publish-dlx and drops its head instead.
        RejectsPublish = overflow is "reject-publish" || (overflow is "reject-publish-dlx" && !IsQuorum);
        DeadLettersRejected = overflow is "reject-publish-dlx" && !IsQuorum;
    }

    /// <summary>As declared, without what a policy adds.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; }

    public bool IsQuorum { get; }

    /// <summary>Time to live of its messages in milliseconds.</summary>
    public long? MessageTtl { get; }

    /// <summary>Milliseconds without use after which the queue is deleted.</summary>
    public long? Expires { get; }

    public long? MaxLength { get; }

    public long? MaxLengthBytes { get; }

    public int MaxPriority { get; }

    /// <summary>How often a message of a quorum queue may come back; null for no limit.</summary>
    public int? DeliveryLimit { get; }

    public string? DeadLetterExchange { get; }

    public string? DeadLetterRoutingKey { get; }

    public bool IsSingleActive { get; }

    public bool RejectsPublish { get; }

    public bool DeadLettersRejected { get; }

    /// <summary>The same declaration under a policy, or under none.</summary>
    public QueueSettings Under(Policy? policy) => policy is null ? new QueueSettings(Arguments) : new QueueSettings(Arguments, policy.With(Arguments));

    public bool IsBounded => MaxLength is not null || MaxLengthBytes is not null;
}
