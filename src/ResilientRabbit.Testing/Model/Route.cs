namespace ResilientRabbit.Testing.Model;

/// <summary>Where a message goes.</summary>
internal readonly record struct Route(IReadOnlyList<Queue> Queues, bool DependsOnHeaders);
