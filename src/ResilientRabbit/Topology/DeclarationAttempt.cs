namespace ResilientRabbit.Declaring;

/// <summary>One entity that is due, as it was when the pass began.</summary>
internal readonly record struct DeclarationAttempt(DeclarationEntry Entry, object Spec, int Version, int Failures);
