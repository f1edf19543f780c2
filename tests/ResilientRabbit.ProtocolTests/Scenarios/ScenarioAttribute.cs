using Xunit.v3;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Which scenarios (1 to 63) or driver defects (C1 to C16) a test plays, and which promises (P1 to P26) it proves.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ScenarioAttribute(string scenarios, string promises) : Attribute, ITraitAttribute
{
    public IReadOnlyList<string> Scenarios => Split(scenarios);

    public IReadOnlyList<string> Promises => Split(promises);

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. Scenarios.Select(static name => KeyValuePair.Create("Scenario", name)), .. Promises.Select(static name => KeyValuePair.Create("Promise", name))];

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
