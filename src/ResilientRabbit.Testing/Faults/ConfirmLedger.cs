using System.Collections.Concurrent;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>The channels of one link, with their publishes and confirms.</summary>
internal sealed class ConfirmLedger
{
    private readonly ConcurrentDictionary<ushort, ChannelConfirms> _channels = new();

    // Most clients publish long runs on one channel.
    private (ushort Number, ChannelConfirms? Channel) _lastSent;
    private volatile bool _filters;

    /// <summary>At least one channel's answers must be looked at.</summary>
    public bool Filters => _filters;

    /// <summary>Confirms wait for further frames of the client.</summary>
    public bool HasWaiting => !_channels.IsEmpty && _channels.Values.Any(static channel => channel.HasWaiting);

    public IEnumerable<KeyValuePair<ushort, ChannelConfirms>> Channels => _channels;

    /// <summary>A frame came from the client.</summary>
    /// <returns>For a publish in confirm mode its number on its channel, otherwise 0.</returns>
    public ulong Received(in Frame frame)
    {
        if (frame.Type != FrameType.Method)
        {
            return 0;
        }

        switch (frame.Method)
        {
            case AmqpMethod.BasicPublish:
                return FindSent(frame.Channel)?.Sent() ?? 0;
            case AmqpMethod.ConfirmSelect:
                _channels.GetOrAdd(frame.Channel, static _ => new ChannelConfirms()).IsSelected = true;
                _lastSent = default;
                return 0;
            case AmqpMethod.ChannelOpen:
                _channels.TryRemove(frame.Channel, out _);
                _lastSent = default;
                _filters = _channels.Values.Any(static channel => channel.Filters);
                return 0;
            default:
                return 0;
        }
    }

    /// <summary>A publish goes on to the broker.</summary>
    public void Forwarded(ushort channel, ulong number)
    {
        if (FindSent(channel) is { } confirms)
        {
            confirms.Forwarded(number);
            _filters |= confirms.Filters;
        }
    }

    /// <summary>A fault keeps answers of the channel from the client.</summary>
    public void StartFiltering(ushort channel)
    {
        if (Find(channel) is { } confirms)
        {
            confirms.StartFiltering();
            _filters = true;
        }
    }

    public void Decide(ushort channel, ulong number, Confirm confirm, int afterFrames)
    {
        if (number > 0)
        {
            FindSent(channel)?.Decide(number, confirm, afterFrames);
            _filters = true;
        }
    }

    /// <summary>A frame of the broker goes to the client as it is.</summary>
    public void Answered(in Frame frame)
    {
        AmqpMethod method = frame.Type == FrameType.Method ? frame.Method : AmqpMethod.None;
        if (method == AmqpMethod.BasicAck)
        {
            AmqpBasic.Ack ack = frame.Read<AmqpBasic.Ack>();
            Answered(frame.Channel, ack.DeliveryTag, ack.Multiple);
        }
        else if (method == AmqpMethod.BasicNack)
        {
            AmqpBasic.Nack nack = frame.Read<AmqpBasic.Nack>();
            Answered(frame.Channel, nack.DeliveryTag, nack.Multiple);
        }
    }

    public void Answered(ushort channel, ulong tag, bool multiple) => Find(channel)?.Note(tag, multiple);

    public ChannelConfirms? Find(ushort channel) => _channels.GetValueOrDefault(channel);

    private ChannelConfirms? FindSent(ushort channel)
    {
        if (_lastSent.Channel is { } known && _lastSent.Number == channel)
        {
            return known;
        }

        ChannelConfirms? found = Find(channel);
        _lastSent = (channel, found);
        return found;
    }
}
