using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>What an action works with: the command that triggered it, and the direction it came in.</summary>
internal sealed record FaultStep(FaultLane Lane, Command Command, FaultHandle Handle)
{
    public AmqpLink Link => Lane.Link;
}
