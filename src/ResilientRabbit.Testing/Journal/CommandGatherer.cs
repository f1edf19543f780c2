using System.Runtime.InteropServices;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Journal;

/// <summary>
/// Gathers the frames of one direction of one link into records: a method with its content is one. Copies bytes and understands no more of them
/// than where a command ends, because this is on the way of each message. Used by one thread at a time.
/// </summary>
internal sealed class CommandGatherer(FrameJournal journal, FrameDirection direction, int connection)
{
    private readonly Dictionary<ushort, GatheredCommand> _channels = [];
    private GatheredCommand? _recent;

    public void Add(in Frame frame, ulong publishNumber)
    {
        GatheredCommand? open = OpenOn(frame.Channel);
        if (open is not null && frame.Type != FrameType.Heartbeat)
        {
            if (open.Continue(frame))
            {
                Keep(open);
            }
        }
        else if (frame.Type == FrameType.Method && frame.Raw.Length >= Frame.Overhead + 4 && Command.HasContent(frame.Method))
        {
            Begin(frame, publishNumber);
        }
        else if (frame.Channel == 0)
        {
            // Handshakes hold credentials, which are not kept, not even unread.
            journal.Add(EntryReader.Read(new Command(frame.Raw), direction, connection));
        }
        else
        {
            journal.Add(HeadOf(RecordKind.Whole, frame.Raw.Length), frame.Raw.Span);
        }
    }

    /// <summary>The end of the connection: what was begun and not finished is noted as such.</summary>
    public void End()
    {
        foreach (GatheredCommand open in _channels.Values.Where(static command => command.IsOpen))
        {
            Keep(open);
        }
    }

    private GatheredCommand? OpenOn(ushort channel)
    {
        if (_recent is not { } recent || recent.Channel != channel)
        {
            if (!_channels.TryGetValue(channel, out recent!))
            {
                return null;
            }

            _recent = recent;
        }

        return recent.IsOpen ? recent : null;
    }

    private void Begin(in Frame frame, ulong publishNumber)
    {
        if (_recent is not { } command || command.Channel != frame.Channel)
        {
            ref GatheredCommand? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_channels, frame.Channel, out _);
            command = known ??= new GatheredCommand(frame.Channel);
            _recent = command;
        }

        command.Begin(frame, publishNumber);
    }

    private void Keep(GatheredCommand command)
    {
        RecordHead head = HeadOf(command.IsHashed ? RecordKind.Hashed : RecordKind.Whole, command.Size);
        head.PublishNumber = command.PublishNumber;
        if (command.IsHashed)
        {
            head.BodyLength = command.BodyLength;
            head.BodyHash = command.TakeHash();
        }

        journal.Add(head, command.Kept);
        command.Close();
    }

    private RecordHead HeadOf(RecordKind kind, int size) => new() { Kind = kind, Connection = connection, Direction = direction, Size = size };
}
