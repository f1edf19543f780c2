namespace ResilientRabbit.Management;

/// <summary>How the broker differs from what was declared.</summary>
public enum DriftKind
{
    /// <summary>The exchange, queue or binding is not there.</summary>
    Missing,

    /// <summary>It is there with another type.</summary>
    OtherType,

    /// <summary>It is there with another durability, or is deleted by itself, or is not.</summary>
    OtherProperties,

    /// <summary>It is there with other arguments.</summary>
    OtherArguments,

    /// <summary>The policy is not there.</summary>
    PolicyMissing,

    /// <summary>The policy is there with another pattern, target, priority or definition.</summary>
    PolicyChanged,

    /// <summary>The policy is there, and another one applies to the queue, because of its priority.</summary>
    PolicyNotInEffect,
}
