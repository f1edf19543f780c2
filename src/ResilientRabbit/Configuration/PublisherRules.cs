using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>The rules of <see cref="PublisherOptions"/>: ranges first, then the rules between two values.</summary>
internal static class PublisherRules
{
    public const int MaxConnections = 16;
    public const int MaxLanes = 256;
    public const int MaxWindow = 65_536;
    public const int MaxMessages = 10_000_000;
    public const long MaxBytes = 1L << 40;
    public const int LargestMessage = 128 * 1024 * 1024;

    /// <summary>A lane writes so many at once.</summary>
    public const int MaxPacked = 256;
    public const int SmallestPack = 256;
    public const int LargestPack = 64 * 1024;

    /// <summary>What a pack has before each message.</summary>
    private const int LengthSize = 4;

    private const string Section = nameof(ResilientRabbitOptions.Publisher) + ":";

    public static void Check(PublisherOptions options, ProblemList problems)
    {
        problems.RequireRange(Section + nameof(options.Connections), options.Connections, 1, MaxConnections);
        problems.RequireRange(Section + nameof(options.Lanes), options.Lanes, 1, MaxLanes);
        problems.RequireRange(Section + nameof(options.InFlightWindow), options.InFlightWindow, 1, MaxWindow);
        problems.RequireRange(Section + nameof(options.InFlightBytes), options.InFlightBytes, 1, MaxBytes);
        problems.RequireDuration(Section + nameof(options.DeliveryTimeout), options.DeliveryTimeout);
        problems.RequireDuration(Section + nameof(options.ConfirmStallTimeout), options.ConfirmStallTimeout);
        problems.RequireRange(Section + nameof(options.MaxPendingMessages), options.MaxPendingMessages, 1, MaxMessages);
        problems.RequireRange(Section + nameof(options.MaxPendingBytes), options.MaxPendingBytes, 1, MaxBytes);
        problems.RequireRange(Section + nameof(options.MaxMessageSize), options.MaxMessageSize, 1, LargestMessage);
        problems.RequireDefined(Section + nameof(options.BufferFull), options.BufferFull);
        problems.RequireRange(Section + nameof(options.LeaderRefreshInterval), options.LeaderRefreshInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

        CheckLanes(options, problems);
        CheckPacking(options, problems);
        if (options.ConfirmStallTimeout >= options.DeliveryTimeout)
        {
            string rule = $"must be below DeliveryTimeout ({options.DeliveryTimeout:c}), is {options.ConfirmStallTimeout:c}";
            problems.Add(Section + nameof(options.ConfirmStallTimeout), rule);
        }
    }

    private static void CheckPacking(PublisherOptions options, ProblemList problems)
    {
        problems.RequireRange(Section + nameof(options.PackMaxMessages), options.PackMaxMessages, 2, MaxPacked);
        problems.RequireRange(Section + nameof(options.PackMaxBytes), options.PackMaxBytes, SmallestPack, LargestPack);
        problems.RequireRange(Section + nameof(options.PackMaxMessageBytes), options.PackMaxMessageBytes, 0, LargestPack);
        problems.RequireRange(Section + nameof(options.PackLinger), options.PackLinger, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        if (!options.Packing)
        {
            return;
        }

        if (options.PackMaxBytes > options.MaxMessageSize)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must be at most MaxMessageSize ({options.MaxMessageSize}), is {options.PackMaxBytes}");
            problems.Add(Section + nameof(options.PackMaxBytes), rule);
        }

        if (options.PackMaxMessageBytes > options.PackMaxBytes - LengthSize)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must be at most PackMaxBytes less {LengthSize} ({options.PackMaxBytes - LengthSize}), is {options.PackMaxMessageBytes}");
            problems.Add(Section + nameof(options.PackMaxMessageBytes), rule);
        }
    }

    private static void CheckLanes(PublisherOptions options, ProblemList problems)
    {
        if (options.Connections > options.Lanes)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must be at most Lanes ({options.Lanes}), is {options.Connections}");
            problems.Add(Section + nameof(options.Connections), rule);
        }

        bool several = options.Lanes > 1;
        if (several && options.MaxPendingMessages == 1)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must be at least 2 with several Lanes ({options.Lanes}), is 1: one lane may hold half of it");
            problems.Add(Section + nameof(options.MaxPendingMessages), rule);
        }

        // A message that does not fit into the share of its lane would wait for room until its deadline, always.
        long share = several ? options.MaxPendingBytes / 2 : options.MaxPendingBytes;
        if (options.MaxMessageSize > share)
        {
            string limit = several ? "half of MaxPendingBytes" : "MaxPendingBytes";
            string rule = string.Create(CultureInfo.InvariantCulture, $"must be at most {limit} ({share}), is {options.MaxMessageSize}");
            problems.Add(Section + nameof(options.MaxMessageSize), rule);
        }
    }
}
