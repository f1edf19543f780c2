namespace ResilientRabbit.Testing.Faults;

/// <summary>A rule for confirms, and the handle that ends it.</summary>
internal sealed record ConfirmArrangement(ConfirmRule Rule, FaultHandle Handle);
