namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>One option of oslo.messaging that is understood beside the SDK's own keys.</summary>
/// <param name="Name">The key as OpenStack spells it.</param>
/// <param name="Replaces">The SDK's key that says the same; both in one section are a conflict.</param>
/// <param name="Set">Puts the text into the options; returns the broken rule, or null. Never repeats the value of a secret.</param>
internal sealed record OpenStackKey(string Name, string Replaces, Func<ResilientRabbitOptions, string, string?> Set);
