using System.Runtime.InteropServices;

namespace ResilientRabbit.Testing.Journal;

/// <summary>What stands before the bytes of a record: what they do not tell themselves.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RecordHead
{
    /// <summary>How many bytes follow: the command's frames, without those of the body when that is hashed.</summary>
    public int Length;

    public int Connection;
    public long Ticks;
    public ulong PublishNumber;
    public long BodyLength;
    public ulong BodyHash;

    /// <summary>The command's bytes on the wire.</summary>
    public int Size;

    public RecordKind Kind;
    public FrameDirection Direction;
}
