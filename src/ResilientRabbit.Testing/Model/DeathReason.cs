namespace ResilientRabbit.Testing.Model;

/// <summary>Why a message left a queue without having been acknowledged, as x-death spells it.</summary>
internal static class DeathReason
{
    public const string Rejected = "rejected";
    public const string Expired = "expired";
    public const string MaxLength = "maxlen";
    public const string DeliveryLimit = "delivery_limit";
}
