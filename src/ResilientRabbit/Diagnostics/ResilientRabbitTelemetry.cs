namespace ResilientRabbit;

/// <summary>The names under which the SDK measures and traces. Listed, with every instrument and its tags, in <c>docs/observability.md</c>.</summary>
public static class ResilientRabbitTelemetry
{
    /// <summary>The name of the meter and of the activity source: pass it to <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
    public const string Name = "ResilientRabbit";

    /// <summary>The version of the meter and of the activity source.</summary>
    internal static string Version { get; } = typeof(ResilientRabbitTelemetry).Assembly.GetName().Version!.ToString(3);
}
