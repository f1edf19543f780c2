namespace ResilientRabbit.Testing.Server;

/// <summary>What a client says of a delivery.</summary>
internal enum Settlement
{
    Ack,
    Requeue,
    Discard,
}
