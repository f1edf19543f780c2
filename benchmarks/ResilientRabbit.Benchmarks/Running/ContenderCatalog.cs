using System.Globalization;
using ResilientRabbit.Benchmarks.Contenders;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>The contenders by name, in the order of the report.</summary>
internal static class ContenderCatalog
{
    private static readonly int[] Lanes = [1, 2, 4, 8, 16, 32, 64];
    private static readonly int[] Pending = [1_000, 10_000, 100_000];

    public const string Raw = "raw";
    public const string Tracked = "driver-tracked";
    public const string MassTransit = "masstransit";

    /// <summary>Name, what it is, and its share of the message count: slow ones publish fewer.</summary>
    public static IReadOnlyList<(string Name, string Text, double Share)> All { get; } =
    [
        (Raw, "raw socket, pre-encoded", 4),
        ("raw-like", "raw socket, wire bytes as ours", 4),
        ("raw-4", "raw socket, 4 channels", 4),
        ("raw-like-4", "raw socket, wire bytes as ours, 4 channels", 4),
        ("raw-like-refill", "raw socket, wire bytes as ours, sent on at each ack", 1),
        ("driver-untracked", "driver, untracked, by hand", 1),
        (Tracked, "driver, tracked, pipelined", 1),
        ("driver-each", "driver, tracked, await each", 0.1),
        (MassTransit, "MassTransit, pipelined", 0.5),
        ("ours-each", "ours, await each", 0.1),
        ("ours-1", "ours, pipelined, 1 lane", 2),
        ("ours", "ours, pipelined, defaults", 2),
        ("ours-full", "ours, as much pending as the defaults allow", 4),
        ("ours-adaptive", "ours, pipelined, adaptive window", 2),
        ("ours-metered", "ours, pipelined, defaults, OpenTelemetry collecting", 2),
        ("ours-callers-1", "ours, 1000 callers, 1 lane", 2),
        ("ours-callers", "ours, 1000 callers, defaults", 2),
        ("ours-batch-1", "ours, batches of 10,000, 1 lane", 2),
        ("ours-batch", "ours, batches of 10,000, defaults", 2),
        .. Flat(),
    ];

    /// <summary>The contenders of a usual run: all but those of <see cref="FlatCost"/>.</summary>
    public static IReadOnlyList<string> Usual { get; } = [.. All.Select(static contender => contender.Name).Except(FlatCost, StringComparer.Ordinal)];

    /// <summary>The same work over more lanes, and with more of it pending.</summary>
    public static IEnumerable<string> FlatCost => Flat().Select(static contender => contender.Name);

    public static IReadOnlyList<string> Quick { get; } = [Raw, Tracked, "ours-1", "ours"];

    public static IContender Create(RunSettings settings)
    {
        PublisherOptions defaults = new();
        return settings.Contender switch
        {
            Raw => new RawSocket(settings, likeOurs: false),
            "raw-like" => new RawSocket(settings, likeOurs: true),
            "raw-4" => new RawSocket(settings, likeOurs: false, channels: 4),
            "raw-like-4" => new RawSocket(settings, likeOurs: true, channels: 4),
            "raw-like-refill" => new RawSocket(settings, likeOurs: true, goodPiece: 1),
            "driver-untracked" => new DriverUntracked(settings),
            Tracked => new DriverTracked(settings, settings.Window),
            "driver-each" => new DriverTracked(settings, 1),
            "ours-1" => new Ours(settings, OurStyle.Pipelined, 1, 1),
            "ours" => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections),
            "ours-full" => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections, defaults.MaxPendingMessages),
            "ours-adaptive" => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections, isAdaptive: true),
            "ours-metered" => new Metered(() => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections)),
            "ours-callers-1" => new Ours(settings, OurStyle.Callers, 1, 1),
            "ours-callers" => new Ours(settings, OurStyle.Callers, defaults.Lanes, defaults.Connections),
            "ours-batch-1" => new Ours(settings, OurStyle.Batches, 1, 1),
            "ours-batch" => new Ours(settings, OurStyle.Batches, defaults.Lanes, defaults.Connections),
            MassTransit => new MassTransitSend(settings),
            "ours-each" => new Ours(settings, OurStyle.Each, 1, 1),
            ['l', 'a', 'n', 'e', 's', '-', .. string lanes] => new Ours(settings, OurStyle.Pipelined, Number(lanes), Math.Min(Number(lanes), defaults.Connections), 4096),
            ['p', 'e', 'n', 'd', 'i', 'n', 'g', '-', .. string pending] => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections, Number(pending)),
            _ => throw new ArgumentException($"There is no contender '{settings.Contender}'."),
        };
    }

    private static IEnumerable<(string Name, string Text, double Share)> Flat()
        => Lanes.Select(static lanes => ($"lanes-{lanes}", $"ours, {lanes} lanes, 4,096 pending", 4.0))
            .Concat(Pending.Select(static pending => ($"pending-{pending}", $"ours, {pending} pending", 4.0)));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
