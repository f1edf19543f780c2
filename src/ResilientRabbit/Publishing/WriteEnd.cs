namespace ResilientRabbit.Publishing;

/// <summary>What happened to a message while its body was being copied.</summary>
internal readonly record struct WriteEnd(bool IsSettled, bool IsNacked, SettleKind Kind)
{
    public static WriteEnd InFlight => default;

    public static WriteEnd Nacked => new(false, true, default);
}
