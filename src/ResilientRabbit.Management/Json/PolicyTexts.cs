namespace ResilientRabbit.Management.Json;

/// <summary>The broker's words for what a policy applies to.</summary>
internal static class PolicyTexts
{
    public static string Of(PolicyScope target) => target switch
    {
        PolicyScope.Queues => "queues",
        PolicyScope.Exchanges => "exchanges",
        _ => "all",
    };
}
