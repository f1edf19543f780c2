using System.Buffers.Binary;
using ResilientRabbit.Benchmarks.Wire;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>One confirm channel of the raw contender: its frames, and what of them was answered.</summary>
internal sealed class RawChannel
{
    private readonly HashSet<ulong> _ackedAlone = [];
    private readonly long[] _sentAt;

    /// <param name="number">The channel's number.</param>
    /// <param name="settings">What is published.</param>
    /// <param name="likeOurs">Also a message-id and a header, as the SDK writes them.</param>
    /// <param name="framesPerSend">How often the frames are repeated.</param>
    public RawChannel(int number, RunSettings settings, bool likeOurs, int framesPerSend)
    {
        byte[] frame = PublishFrames.Encode(settings, likeOurs, number);
        FrameSize = frame.Length;
        Frames = new byte[frame.Length * framesPerSend];
        for (int index = 0; index < framesPerSend; index++)
        {
            frame.CopyTo(Frames, index * frame.Length);
        }

        _sentAt = new long[(settings.Window / LatencySamples.Every) + 2];
    }

    /// <summary>The bytes of many publishes.</summary>
    public byte[] Frames { get; }

    /// <summary>The bytes of one.</summary>
    public int FrameSize { get; }

    /// <summary>The last tag that was sent. Used by the writer.</summary>
    public ulong Sent { get; private set; }

    /// <summary>All tags up to this one are answered. Used by the reader.</summary>
    public ulong Confirmed { get; private set; }

    /// <summary>Notes that so many are about to be sent.</summary>
    public void Sending(int count, long now)
    {
        ulong last = Sent + (ulong)count;
        for (ulong tag = Next(Sent); tag <= last; tag += LatencySamples.Every)
        {
            Volatile.Write(ref SentAt(tag), now);
        }

        Sent = last;
    }

    /// <summary>Counts an ack.</summary>
    /// <returns>How many more are answered without a gap.</returns>
    public int Apply(ReadOnlySpan<byte> arguments, LatencySamples? samples)
    {
        ulong before = Confirmed;
        ulong tag = BinaryPrimitives.ReadUInt64BigEndian(arguments);
        bool multiple = arguments[8] != 0;
        if (!multiple && tag != before + 1)
        {
            _ackedAlone.Add(tag);
            return 0;
        }

        Confirmed = tag;
        while (_ackedAlone.Count > 0 && _ackedAlone.Remove(Confirmed + 1))
        {
            Confirmed++;
        }

        if (_ackedAlone.Count > 0 && multiple)
        {
            _ackedAlone.RemoveWhere(alone => alone <= tag);
        }

        for (ulong sampled = Next(before); samples is not null && sampled <= Confirmed; sampled += LatencySamples.Every)
        {
            samples.AddSince(Volatile.Read(ref SentAt(sampled)));
        }

        return (int)(Confirmed - before);
    }

    private static ulong Next(ulong tag) => ((tag / LatencySamples.Every) + 1) * LatencySamples.Every;

    private ref long SentAt(ulong tag) => ref _sentAt[tag / LatencySamples.Every % (ulong)_sentAt.Length];
}
