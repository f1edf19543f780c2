using System.Buffers.Binary;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Puts a publish together out of its method, header and body frames.</summary>
internal sealed class ContentAssembler
{
    /// <summary>A body up to this size gets its room at once; for a larger one room grows with what really comes.</summary>
    private const int TrustedSize = 1024 * 1024;

    private readonly long _keepAtMost;
    private Stage _stage;
    private byte[] _data = [];
    private int _propertiesLength;
    private int _filled;
    private ulong _remaining;

    /// <param name="keepAtMost">Bytes of a body that are kept; of a larger one only the size counts, because it is going to be refused.</param>
    public ContentAssembler(long keepAtMost) => _keepAtMost = keepAtMost;

    private enum Stage
    {
        Idle,
        Header,
        Body,
    }

    public bool IsIdle => _stage == Stage.Idle;

    /// <summary>The publish whose content is being read.</summary>
    public AmqpBasic.Publish Method { get; private set; }

    /// <summary>Size of the body as the header declared it.</summary>
    public ulong BodySize { get; private set; }

    public void Begin(in AmqpBasic.Publish method)
    {
        Method = method;
        _stage = Stage.Header;
    }

    /// <summary>Takes a frame that is no method. True when the content is complete.</summary>
    /// <exception cref="AmqpErrorException">505: not the frame that has to come now. 501: more body than declared.</exception>
    public bool Add(in Frame frame)
    {
        switch (_stage)
        {
            case Stage.Header:
                return AddHeader(frame);
            case Stage.Body:
                return AddBody(frame);
            default:
                throw new AmqpErrorException(ReplyCode.UnexpectedFrame, "expected method frame, got non method frame instead");
        }
    }

    /// <summary>A method came in between.</summary>
    public AmqpErrorException Interrupted() => new(ReplyCode.UnexpectedFrame, _stage == Stage.Header
        ? "expected content header for class 60, got non content header frame instead"
        : "expected content body, got non content body frame instead");

    /// <summary>The content, complete; the assembler is ready for the next.</summary>
    public (byte[] Data, int PropertiesLength) Take()
    {
        byte[] data = _filled == _data.Length ? _data : _data[.._filled];
        _data = [];
        return (data, _propertiesLength);
    }

    /// <summary>Forgets the content.</summary>
    public void Drop() => _data = [];

    private bool AddHeader(in Frame frame)
    {
        ReadOnlySpan<byte> payload = frame.Payload;
        if (frame.Type != FrameType.Header)
        {
            throw Interrupted();
        }

        if (payload.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(payload) is var classId && classId != ContentHeader.BasicClass)
        {
            throw new AmqpErrorException(ReplyCode.UnexpectedFrame, $"expected content header for class 60, got one for class {classId} instead");
        }

        ContentHeader header = ContentHeader.Read(payload);
        BodySize = header.BodySize;
        _remaining = header.BodySize;
        _propertiesLength = header.Properties.Length;
        _data = new byte[_propertiesLength + (int)Math.Min(_remaining, TrustedSize)];
        header.Properties.CopyTo(_data);
        _filled = _propertiesLength;
        _stage = _remaining == 0 ? Stage.Idle : Stage.Body;
        return _remaining == 0;
    }

    private bool AddBody(in Frame frame)
    {
        if (frame.Type != FrameType.Body)
        {
            throw Interrupted();
        }

        ReadOnlySpan<byte> payload = frame.Payload;
        if ((ulong)payload.Length > _remaining)
        {
            throw new AmqpErrorException(ReplyCode.FrameError, $"a body of {BodySize} bytes was declared, more came");
        }

        _remaining -= (ulong)payload.Length;
        if (BodySize <= (ulong)_keepAtMost)
        {
            if (_data.Length - _filled < payload.Length)
            {
                Array.Resize(ref _data, (int)Math.Min((ulong)_data.Length * 2 + (ulong)payload.Length, (ulong)_propertiesLength + BodySize));
            }

            payload.CopyTo(_data.AsSpan(_filled));
            _filled += payload.Length;
        }

        if (_remaining == 0)
        {
            _stage = Stage.Idle;
            return true;
        }

        return false;
    }
}
