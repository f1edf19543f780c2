namespace ResilientRabbit.Testing.Faults;

/// <summary>What happens to one publish.</summary>
internal sealed record ScriptStep(bool Store, Confirm Confirm, int AfterFrames);
