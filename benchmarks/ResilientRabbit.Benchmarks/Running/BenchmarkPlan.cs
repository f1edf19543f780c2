using System.Globalization;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>What is measured; from the command line.</summary>
internal sealed record BenchmarkPlan
{
    public string Name { get; private init; } = "publish";

    public IReadOnlyList<string> Targets { get; private init; } = Running.Targets.Usual;

    public int SinkCount { get; private init; } = 200_000;

    public int NodeCount { get; private init; } = 60_000;

    public int Rounds { get; private init; } = 5;

    public int Window { get; private init; } = 2048;

    public int WarmUpMilliseconds { get; private init; } = 1000;

    public IReadOnlyList<int> BodySizes { get; private init; } = [16, 1024];

    public IReadOnlyList<string> Contenders { get; private init; } = ContenderCatalog.Usual;

    public bool Profile { get; private init; }

    public static BenchmarkPlan Parse(string[] arguments)
    {
        var plan = new BenchmarkPlan();
        for (int index = 0; index < arguments.Length; index++)
        {
            string Value() => ++index < arguments.Length ? arguments[index] : throw new ArgumentException($"{arguments[index - 1]} needs a value.");
            int Number() => int.Parse(Value(), CultureInfo.InvariantCulture);
            plan = arguments[index] switch
            {
                "--quick" => plan with
                {
                    Name = "quick", Rounds = 1, SinkCount = 50_000, NodeCount = 10_000, WarmUpMilliseconds = 300, BodySizes = [16], Contenders = ContenderCatalog.Quick,
                    Targets = ["sink", "single", "unroutable", "classic"],
                },
                "--name" => plan with { Name = Value() },
                "--targets" => plan with { Targets = Value().Split(',') },
                "--profile" => plan with { Profile = true },
                "--rounds" => plan with { Rounds = Number() },
                "--window" => plan with { Window = Number() },
                "--sink-count" => plan with { SinkCount = Number() },
                "--node-count" => plan with { NodeCount = Number() },
                "--sizes" => plan with { BodySizes = [.. Value().Split(',').Select(static size => int.Parse(size, CultureInfo.InvariantCulture))] },
                "--flat" => plan with { Name = "flat", Targets = ["sink"], BodySizes = [16], Contenders = [.. ContenderCatalog.FlatCost] },
                "--contenders" => plan with { Contenders = Value().Split(',') },
                _ => throw new ArgumentException($"'{arguments[index]}' is not an option."),
            };
        }

        return plan;
    }
}
