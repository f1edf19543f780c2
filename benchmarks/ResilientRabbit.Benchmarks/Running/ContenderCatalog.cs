using ResilientRabbit.Benchmarks.Contenders;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>The contenders by name, in the order of the report.</summary>
internal static class ContenderCatalog
{
    public const string Raw = "raw";
    public const string Tracked = "driver-tracked";

    /// <summary>Name, what it is, and its share of the message count: slow ones publish fewer.</summary>
    public static IReadOnlyList<(string Name, string Text, double Share)> All { get; } =
    [
        (Raw, "raw socket, pre-encoded", 4),
        ("raw-like", "raw socket, wire bytes as ours", 4),
        ("driver-untracked", "driver, untracked, by hand", 1),
        (Tracked, "driver, tracked, pipelined", 1),
        ("driver-each", "driver, tracked, await each", 0.1),
        ("ours-1", "ours, pipelined, 1 lane", 2),
        ("ours", "ours, pipelined, defaults", 2),
        ("ours-metered", "ours, pipelined, defaults, OpenTelemetry collecting", 2),
        ("ours-callers-1", "ours, 1000 callers, 1 lane", 2),
        ("ours-callers", "ours, 1000 callers, defaults", 2),
        ("ours-batch-1", "ours, batches of 10,000, 1 lane", 2),
        ("ours-batch", "ours, batches of 10,000, defaults", 2),
    ];

    public static IReadOnlyList<string> Quick { get; } = [Raw, Tracked, "ours-1", "ours"];

    public static IContender Create(RunSettings settings)
    {
        PublisherOptions defaults = new();
        return settings.Contender switch
        {
            Raw => new RawSocket(settings, likeOurs: false),
            "raw-like" => new RawSocket(settings, likeOurs: true),
            "driver-untracked" => new DriverUntracked(settings),
            Tracked => new DriverTracked(settings, settings.Window),
            "driver-each" => new DriverTracked(settings, 1),
            "ours-1" => new Ours(settings, OurStyle.Pipelined, 1, 1),
            "ours" => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections),
            "ours-metered" => new Metered(() => new Ours(settings, OurStyle.Pipelined, defaults.Lanes, defaults.Connections)),
            "ours-callers-1" => new Ours(settings, OurStyle.Callers, 1, 1),
            "ours-callers" => new Ours(settings, OurStyle.Callers, defaults.Lanes, defaults.Connections),
            "ours-batch-1" => new Ours(settings, OurStyle.Batches, 1, 1),
            "ours-batch" => new Ours(settings, OurStyle.Batches, defaults.Lanes, defaults.Connections),
            _ => throw new ArgumentException($"There is no contender '{settings.Contender}'."),
        };
    }
}
