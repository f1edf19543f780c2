namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// Remembers the short strings of one connection: exchanges and routing keys come again and again, and a string each would be most of
/// what a publish allocates. Fixed size, so a peer with endless names costs nothing but the strings themselves. Not thread-safe.
/// </summary>
internal sealed class ShortStringCache
{
    private const int Slots = 512;

    private readonly (byte[] Bytes, string Text)[] _slots = new (byte[] Bytes, string Text)[Slots];

    public string Get(ReadOnlySpan<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        ref (byte[] Bytes, string Text) slot = ref _slots[(uint)hash.ToHashCode() % Slots];
        if (slot.Bytes is { } known && bytes.SequenceEqual(known))
        {
            return slot.Text;
        }

        string text = WireReader.Decode(bytes);
        slot = (bytes.ToArray(), text);
        return text;
    }
}
