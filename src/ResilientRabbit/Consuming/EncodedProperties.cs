using System.Runtime.CompilerServices;

namespace ResilientRabbit.Consuming;

/// <summary>Properties as they came, as part of the message that has them: an array of their own would be a second object for each message.</summary>
[InlineArray(Capacity)]
internal struct EncodedProperties
{
    /// <summary>In bytes: a message-id, a header or two and what else most publishers set.</summary>
    public const int Capacity = 80;

    private byte _first;
}
