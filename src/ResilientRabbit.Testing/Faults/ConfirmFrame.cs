namespace ResilientRabbit.Testing;

/// <summary>One answer to publishes as the client gets it.</summary>
/// <param name="DeliveryTag">The tag; 0 with <paramref name="Multiple"/> means all that are open.</param>
/// <param name="Multiple">Whether it speaks for all tags up to this one.</param>
/// <param name="IsNack">A basic.nack instead of a basic.ack.</param>
public readonly record struct ConfirmFrame(ulong DeliveryTag, bool Multiple = false, bool IsNack = false);
