namespace ResilientRabbit.OpenStackTests;

/// <summary>Of which keys the test sees the effect on the wire or at the broker: section and current name.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EffectOfAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys => keys;
}
