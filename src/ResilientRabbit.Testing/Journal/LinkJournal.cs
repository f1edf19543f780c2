using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Journal;

/// <summary>Brings the frames of one link into the journal, as commands. Each direction is used by one thread at a time.</summary>
internal sealed class LinkJournal(FrameJournal journal, int connection)
{
    private readonly CommandAssembler _fromClient = new();
    private readonly CommandAssembler _fromBroker = new();

    public void AddFrame(FrameDirection direction, in Frame frame, ulong publishNumber = 0)
    {
        CommandAssembler assembler = direction == FrameDirection.FromClient ? _fromClient : _fromBroker;
        if (assembler.Add(frame, publishNumber) is { } command)
        {
            journal.Add(EntryReader.Read(command, direction, connection));
        }
    }

    /// <summary>Bytes on their way to the client: frames, unless a test made them otherwise.</summary>
    public void AddBytes(FrameDirection direction, ReadOnlyMemory<byte> bytes)
    {
        List<Frame> frames = FrameCutter.Cut(bytes, out ReadOnlyMemory<byte> rest);
        foreach (Frame frame in frames)
        {
            AddFrame(direction, frame);
        }

        if (!rest.IsEmpty)
        {
            journal.Add(EntryReader.ReadRaw(rest, direction, connection));
        }
    }

    /// <summary>The end of the connection: what was begun and not finished is noted as such.</summary>
    public void End()
    {
        foreach (Command command in _fromClient.TakeUnfinished())
        {
            journal.Add(EntryReader.Read(command, FrameDirection.FromClient, connection));
        }

        foreach (Command command in _fromBroker.TakeUnfinished())
        {
            journal.Add(EntryReader.Read(command, FrameDirection.FromBroker, connection));
        }
    }
}
