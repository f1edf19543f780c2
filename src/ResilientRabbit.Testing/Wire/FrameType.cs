namespace ResilientRabbit.Testing.Wire;

/// <summary>The first octet of a frame.</summary>
internal enum FrameType : byte
{
    Method = 1,
    Header = 2,
    Body = 3,
    Heartbeat = 8,
}
