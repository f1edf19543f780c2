using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Journal;

/// <summary>Brings the frames of one link into the journal, as commands. Each direction is used by one thread at a time.</summary>
internal sealed class LinkJournal(FrameJournal journal, int connection)
{
    private readonly CommandGatherer _fromClient = new(journal, FrameDirection.FromClient, connection);
    private readonly CommandGatherer _fromBroker = new(journal, FrameDirection.FromBroker, connection);

    public void AddFrame(FrameDirection direction, in Frame frame, ulong publishNumber = 0)
        => (direction == FrameDirection.FromClient ? _fromClient : _fromBroker).Add(frame, publishNumber);

    /// <summary>Bytes on their way to the client: frames, unless a test made them otherwise.</summary>
    public void AddBytes(FrameDirection direction, ReadOnlyMemory<byte> bytes)
    {
        while (FrameCutter.TryTake(ref bytes, out Frame frame))
        {
            AddFrame(direction, frame);
        }

        if (!bytes.IsEmpty)
        {
            journal.Add(EntryReader.ReadRaw(bytes, direction, connection));
        }
    }

    /// <summary>The end of the connection: what was begun and not finished is noted as such.</summary>
    public void End()
    {
        _fromClient.End();
        _fromBroker.End();
    }
}
