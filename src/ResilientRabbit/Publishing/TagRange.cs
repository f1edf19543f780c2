namespace ResilientRabbit.Publishing;

/// <summary>The delivery tags that an answer covers, both ends included.</summary>
internal readonly record struct TagRange(ulong From, ulong To)
{
    /// <summary>Everything that is unanswered.</summary>
    public bool IsAll => From == 0 && To == 0;

    /// <summary>What one ack or nack covers. Zero with multiple means all (AMQP 0-9-1, basic.ack).</summary>
    public static TagRange Of(ulong tag, bool multiple) => new(multiple ? 0 : Math.Max(tag, 1), tag);
}
