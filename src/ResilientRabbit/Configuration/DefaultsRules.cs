namespace ResilientRabbit.Configuration;

/// <summary>The rules of <see cref="ConsumerDefaults"/> and <see cref="DeclarationDefaults"/>.</summary>
internal static class DefaultsRules
{
    private const string ConsumerSection = nameof(ResilientRabbitOptions.Consumers) + ":";
    private const string DeclarationSection = nameof(ResilientRabbitOptions.Declarations) + ":";

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // The broker keeps x-expires in 32 bits of milliseconds.
    private static readonly TimeSpan LongestExpiry = TimeSpan.FromDays(49);

    public static void Check(ConsumerDefaults options, ProblemList problems)
    {
        problems.RequireRange(ConsumerSection + nameof(options.Prefetch), options.Prefetch, 1, ushort.MaxValue);
        problems.RequireRange(ConsumerSection + nameof(options.ResubscribeDelay), options.ResubscribeDelay, TimeSpan.Zero, LongestPause);
        problems.RequireRange(ConsumerSection + nameof(options.ResubscribeSplay), options.ResubscribeSplay, TimeSpan.Zero, LongestPause);
    }

    public static void Check(DeclarationDefaults options, ProblemList problems)
    {
        if (options.QueueType is { } type)
        {
            problems.RequireDefined(DeclarationSection + nameof(options.QueueType), type);
        }

        if (options.TransientQueueType is { } transientType)
        {
            problems.RequireDefined(DeclarationSection + nameof(options.TransientQueueType), transientType);
        }

        problems.RequireRange(DeclarationSection + nameof(options.DeliveryLimit), options.DeliveryLimit ?? 1, 1, int.MaxValue);
        problems.RequireRange(DeclarationSection + nameof(options.MaxInMemoryLength), options.MaxInMemoryLength ?? 1, 1, long.MaxValue);
        problems.RequireRange(DeclarationSection + nameof(options.MaxInMemoryBytes), options.MaxInMemoryBytes ?? 1, 1, long.MaxValue);
        problems.RequireRange(DeclarationSection + nameof(options.TransientQueueExpiry), options.TransientQueueExpiry ?? LongestExpiry, TimeSpan.FromMilliseconds(1), LongestExpiry);
        bool isQuorum = options.QueueType == QueueType.Quorum || options.TransientQueueType == QueueType.Quorum;
        if (options.HaPolicyArgument && isQuorum)
        {
            problems.Add(DeclarationSection + nameof(options.HaPolicyArgument), "is True, and QueueType or TransientQueueType is Quorum; a queue is mirrored or quorum, not both");
        }
    }
}
