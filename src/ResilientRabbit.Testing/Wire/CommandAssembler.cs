using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// Collects the frames of one direction into commands. Channels may interleave, so each channel has its own unfinished command. Frames that
/// fit nothing come out as they are: whoever gets them judges. Not thread-safe.
/// </summary>
internal sealed class CommandAssembler
{
    private readonly Dictionary<ushort, Unfinished> _unfinished = [];

    /// <summary>There is content whose end has not come.</summary>
    public bool HasUnfinished => _unfinished.Count > 0;

    /// <summary>Takes a frame; a publish may bring its number with its first one.</summary>
    /// <returns>The command it completes, or null.</returns>
    public Command? Add(in Frame frame, ulong publishNumber = 0)
    {
        if (_unfinished.TryGetValue(frame.Channel, out Unfinished? open) && frame.Type != FrameType.Heartbeat)
        {
            return Continue(open, frame);
        }

        if (frame.Type == FrameType.Method && frame.Raw.Length >= Frame.Overhead + 4 && Command.HasContent(frame.Method))
        {
            var begun = new Unfinished { PublishNumber = publishNumber };
            begun.Bytes.Write(frame.Raw.Span);
            _unfinished[frame.Channel] = begun;
            return null;
        }

        return new Command(frame.Raw.ToArray());
    }

    /// <summary>What was begun and never finished, at the end of the connection.</summary>
    public IEnumerable<Command> TakeUnfinished()
    {
        Command[] rest = [.. _unfinished.Values.Select(static open => open.ToCommand())];
        _unfinished.Clear();
        return rest;
    }

    private Command? Continue(Unfinished open, in Frame frame)
    {
        open.Bytes.Write(frame.Raw.Span);
        bool fits = true;
        if (open.Missing is null && frame.Type == FrameType.Header && frame.Payload.Length >= ContentHeader.FixedSize)
        {
            open.Missing = BinaryPrimitives.ReadUInt64BigEndian(frame.Payload[4..]);
        }
        else if (open.Missing is { } missing && frame.Type == FrameType.Body)
        {
            open.Missing = missing - Math.Min(missing, (ulong)frame.Payload.Length);
        }
        else
        {
            fits = false;
        }

        if (fits && open.Missing > 0)
        {
            return null;
        }

        _unfinished.Remove(frame.Channel);
        return open.ToCommand();
    }

    private sealed class Unfinished
    {
        public MemoryStream Bytes { get; } = new();

        public ulong PublishNumber { get; init; }

        /// <summary>Bytes of the body that have not come; null before the header.</summary>
        public ulong? Missing { get; set; }

        public Command ToCommand() => new(Bytes.ToArray()) { PublishNumber = PublishNumber };
    }
}
