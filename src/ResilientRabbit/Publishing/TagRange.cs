namespace ResilientRabbit.Publishing;

/// <summary>The delivery tags that an answer covers, both ends included.</summary>
internal readonly record struct TagRange(ulong From, ulong To)
{
    /// <summary>Everything that is unanswered.</summary>
    public bool IsAll => To == ulong.MaxValue;

    /// <summary>What one ack or nack covers. Zero with multiple means all (AMQP 0-9-1, basic.ack).</summary>
    public static TagRange Of(ulong tag, bool multiple) => new(multiple ? 0 : tag, multiple && tag == 0 ? ulong.MaxValue : tag);
}
