using System.Globalization;

namespace ResilientRabbit.Benchmarks;

/// <summary>What one child process does; travels on its command line.</summary>
internal sealed record RunSettings
{
    public required string Contender { get; init; }

    public string Host { get; init; } = "127.0.0.1";

    public required int Port { get; init; }

    public string Exchange { get; init; } = "";

    public string RoutingKey { get; init; } = "bench";

    public bool Mandatory { get; init; }

    public int Count { get; init; } = 200_000;

    public int BodySize { get; init; } = 16;

    public int Window { get; init; } = 2048;

    /// <summary>Where the code is warmed up: the sink, because a slow broker would leave it half compiled; 0 is the target itself.</summary>
    public int WarmUpPort { get; init; }

    /// <summary>How long the same work is done before the measurement.</summary>
    public int WarmUpMilliseconds { get; init; } = 1000;

    /// <summary>Also samples allocations by type; slower.</summary>
    public bool Profile { get; init; }

    public string[] ToArguments() =>
    [
        "run", Contender, Host, Number(Port), Exchange, RoutingKey, Mandatory ? "1" : "0",
        Number(Count), Number(BodySize), Number(Window), Number(WarmUpMilliseconds), Profile ? "1" : "0", Number(WarmUpPort),
    ];

    public static RunSettings Parse(string[] arguments) => new()
    {
        Contender = arguments[1],
        Host = arguments[2],
        Port = Number(arguments[3]),
        Exchange = arguments[4],
        RoutingKey = arguments[5],
        Mandatory = arguments[6] == "1",
        Count = Number(arguments[7]),
        BodySize = Number(arguments[8]),
        Window = Number(arguments[9]),
        WarmUpMilliseconds = Number(arguments[10]),
        Profile = arguments[11] == "1",
        WarmUpPort = Number(arguments[12]),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
