namespace ResilientRabbit.Management.Json;

/// <summary>The broker's words for what a policy applies to.</summary>
internal static class PolicyTexts
{
    public static string Of(PolicyTarget target) => target switch
    {
        PolicyTarget.Queues => "queues",
        PolicyTarget.Exchanges => "exchanges",
        _ => "all",
    };
}
