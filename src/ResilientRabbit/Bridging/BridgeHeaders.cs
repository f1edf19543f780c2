namespace ResilientRabbit.Bridging;

/// <summary>The headers that a bridge writes.</summary>
internal static class BridgeHeaders
{
    /// <summary>The names of the bridges that the message has passed, in their order.</summary>
    public const string Hops = "x-bridged-by";

    /// <summary>True for a copy that may be a duplicate: the message was delivered more than once on its way, or was sent to the source side more than once.</summary>
    public const string Redelivered = "x-bridge-redelivered";

    /// <summary>The source broker's record of dead-lettering: the far broker would take it for its own and, with queues of the same names, drop the message as going in circles.</summary>
    public const string EarlierDeaths = "x-death-before-bridge";
}
