using System.Text;

namespace ResilientRabbit.Connections;

/// <summary>
/// The message-ids of a pack as they came: for each one byte with the number of leading bytes that it shares with the first id, one byte with the number of bytes that follow,
/// and these. Ids of one publisher differ in their last characters only.
/// </summary>
internal sealed class PackIds
{
    public const int MaxIdSize = 255;

    private const int EntryHead = 2;

    private readonly byte[] _block;
    private readonly int[] _offsets;

    private PackIds(byte[] block, int[] offsets) => (_block, _offsets) = (block, offsets);

    /// <summary>Reads the ids of so many messages; null when the block holds anything else.</summary>
    public static PackIds? Read(byte[] block, int count)
    {
        if (block.Length / EntryHead < count)
        {
            return null;
        }

        int[] offsets = new int[count];
        int at = 0;
        for (int index = 0; index < count; index++)
        {
            if (block.Length - at < EntryHead)
            {
                return null;
            }

            offsets[index] = at;
            int shared = block[at];
            int length = block[at + 1];
            at += EntryHead + length;
            if (at > block.Length || shared > (index == 0 ? 0 : block[1]) || shared + length > MaxIdSize)
            {
                return null;
            }
        }

        return at == block.Length ? new PackIds(block, offsets) : null;
    }

    /// <summary>Writes the entry of an id.</summary>
    /// <param name="target">Has room for the id and two bytes.</param>
    /// <param name="first">The first id of the pack; empty for that one itself.</param>
    /// <param name="id">At most 255 bytes.</param>
    /// <returns>The number of bytes.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> first, ReadOnlySpan<byte> id)
    {
        int shared = first.CommonPrefixLength(id);
        target[0] = (byte)shared;
        target[1] = (byte)(id.Length - shared);
        id[shared..].CopyTo(target[EntryHead..]);
        return EntryHead + id.Length - shared;
    }

    /// <summary>The id of one message as a new text.</summary>
    public string TextOf(int index)
    {
        int at = _offsets[index];
        int shared = _block[at];
        int length = _block[at + 1];
        Span<byte> id = stackalloc byte[MaxIdSize];
        _block.AsSpan(EntryHead, shared).CopyTo(id);
        _block.AsSpan(at + EntryHead, length).CopyTo(id[shared..]);
        return Encoding.UTF8.GetString(id[..(shared + length)]);
    }
}
