namespace ResilientRabbit.Declaring;

/// <summary>One registered entity. Its mutable part belongs to <see cref="DeclarationRegistry"/> and is touched under its lock only.</summary>
internal sealed class DeclarationEntry
{
    private DeclarationEntry(string key, int rank, string display, object spec)
    {
        Key = key;
        Rank = rank;
        Display = display;
        Spec = spec;
    }

    public string Key { get; }

    /// <summary>Exchanges before queues before bindings.</summary>
    public int Rank { get; }

    /// <summary>For messages and logs, for example <c>queue 'orders'</c>.</summary>
    public string Display { get; }

    public object Spec { get; set; }

    public DeclarationState State { get; set; }

    /// <summary>Grows with each request to declare: a result of an older request does not settle a newer one.</summary>
    public int Version { get; set; }

    /// <summary>Failures since the last success: they lengthen the next attempt's time limit and put the entity behind the others.</summary>
    public int Failures { get; set; }

    public int ReplyCode { get; set; }

    /// <summary>How many of the SDK's own subscriptions and messages need it.</summary>
    public int Owners { get; set; }

    /// <summary>The application asked for it: it stays.</summary>
    public bool IsApplications { get; set; }

    public bool WasTried { get; set; }

    public bool WasReported { get; set; }

    /// <summary>The broker closed the connection for it: only the application's own request tries it again.</summary>
    public bool ClosesConnections { get; set; }

    /// <summary>Completes when the latest request has a result: null for success.</summary>
    public TaskCompletionSource<TopologyException?> Outcome { get; set; } = NewOutcome();

    public static TaskCompletionSource<TopologyException?> NewOutcome() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static DeclarationEntry For(ExchangeSpec spec) => new(ExchangeKey(spec.Name), 0, $"exchange '{spec.Name}'", spec);

    public static DeclarationEntry For(QueueSpec spec) => new(QueueKey(spec.Name), 1, $"queue '{spec.Name}'", spec);

    public static DeclarationEntry For(BindingSpec spec) => new(
        BindingKey(spec), 2, $"binding of queue '{spec.Queue}' to exchange '{spec.Exchange}' with routing key '{spec.RoutingKey}'", spec);

    public static string ExchangeKey(string name) => "exchange\0" + name;

    public static string QueueKey(string name) => "queue\0" + name;

    private static string BindingKey(BindingSpec spec) => string.Join('\0', "binding", spec.Queue, spec.Exchange, spec.RoutingKey, ArgumentText.Of(spec.Arguments));
}
