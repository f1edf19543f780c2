using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>What happens on channel 0: handshake, close, secrets, heartbeats; and what RabbitMQ answers to what does not belong there.</summary>
internal sealed class ConnectionMethods
{
    private readonly ServerConnection _connection;
    private readonly Handshake _handshake;

    public ConnectionMethods(ServerConnection connection, string? certificateUser)
    {
        _connection = connection;
        _handshake = new Handshake(connection, certificateUser);
    }

    /// <summary>Reads the eight bytes a client begins with; false while they are not there or when they are wrong.</summary>
    public bool TryReadHeader(AmqpLink link)
    {
        if (!link.TryReadProtocolHeader(out ProtocolHeader header))
        {
            return false;
        }

        // "1 1 0 9" is how 0-9 clients begin, whom RabbitMQ talks to as to 0-9-1; the dialect of 0-8 is not spoken here.
        if (header.IsAmqp091 || header is { IsAmqp: true, Id: 1, Major: 1, Minor: 0, Revision: 9 })
        {
            _handshake.Start();
            return true;
        }

        _connection.SendHeader();
        _connection.Finish();
        return false;
    }

    public void Handle(in Frame frame)
    {
        if (frame.Type == FrameType.Heartbeat)
        {
            if (frame.Payload.Length > 0 && _connection.Stage != ConnectionStage.Closing)
            {
                throw Misplaced(frame);
            }

            return;
        }

        if (_connection.Stage == ConnectionStage.Closing)
        {
            HandleClosing(frame);
            return;
        }

        if (frame.Type != FrameType.Method || frame.Payload.Length < 4)
        {
            throw Misplaced(frame);
        }

        AmqpMethod method = frame.Method;
        try
        {
            HandleMethod(frame, method);
        }
        catch (AmqpErrorException error)
        {
            Broken(error, method);
        }
        catch (AmqpWireException)
        {
            Broken(CannotDecode(frame), method);
        }
    }

    /// <summary>A frame of a channel before the connection is open, or after its end.</summary>
    public void Unexpected(in Frame frame)
    {
        if (_connection.Stage != ConnectionStage.Closing)
        {
            throw Misplaced(frame);
        }
    }

    /// <summary>The error for a frame whose type is unknown or does not belong where it came.</summary>
    public static AmqpErrorException Misplaced(in Frame frame)
    {
        ReadOnlySpan<byte> payload = frame.Payload;
        string text = $"type {(int)frame.Type}, {(payload.Length <= 16 ? "all" : "first 16")} octets = {ErlangText.Binary(payload[..Math.Min(16, payload.Length)])}";
        bool known = frame.Type switch
        {
            FrameType.Method => payload.Length >= 4,
            FrameType.Header => payload.Length >= ContentHeader.FixedSize,
            FrameType.Body => true,
            FrameType.Heartbeat => payload.IsEmpty,
            _ => false,
        };
        return known
            ? new AmqpErrorException(ReplyCode.UnexpectedFrame, text)
            : new AmqpErrorException(ReplyCode.FrameError, $"{text}: unknown_frame");
    }

    /// <summary>The error for a method whose fields do not make sense.</summary>
    public static AmqpErrorException CannotDecode(in Frame frame) =>
        new(ReplyCode.FrameError, $"cannot decode {ErlangText.Bytes(frame.Payload[4..])}");

    /// <summary>Ends the connection because of an error, as loudly as its stage allows: before it is open RabbitMQ mostly hangs up in silence.</summary>
    public void Broken(AmqpErrorException error, AmqpMethod method = AmqpMethod.None)
    {
        switch (_connection.Stage)
        {
            case ConnectionStage.Running or ConnectionStage.Opening:
                _connection.Fail(error, method);
                break;
            case ConnectionStage.Starting when error.Code == ReplyCode.AccessRefused:
                _handshake.Refuse(error);
                break;
            case ConnectionStage.Closing:
                break;
            default:
                _connection.Finish();
                break;
        }
    }

    private void HandleMethod(in Frame frame, AmqpMethod method)
    {
        switch (method)
        {
            case AmqpMethod.ConnectionStartOk when _connection.Stage == ConnectionStage.Starting:
                _handshake.StartOk(frame.Read<AmqpConnection.StartOk>());
                break;
            case AmqpMethod.ConnectionSecureOk when _connection.Stage == ConnectionStage.Securing:
                _handshake.SecureOk(frame.Read<AmqpConnection.SecureOk>());
                break;
            case AmqpMethod.ConnectionTuneOk when _connection.Stage == ConnectionStage.Tuning:
                _handshake.TuneOk(frame.Read<AmqpConnection.TuneOk>());
                break;
            case AmqpMethod.ConnectionOpen when _connection.Stage == ConnectionStage.Opening:
                _handshake.Open(frame.Read<AmqpConnection.Open>());
                break;
            case AmqpMethod.ConnectionClose when _connection.Stage == ConnectionStage.Running:
                _ = frame.Read<AmqpConnection.Close>();
                CloseByClient();
                break;
            case AmqpMethod.ConnectionUpdateSecret when _connection.Stage == ConnectionStage.Running:
                UpdateSecret(frame.Read<AmqpConnection.UpdateSecret>());
                break;
            default:
                if (!Enum.IsDefined(method))
                {
                    // RabbitMQ's connection process dies of a method it has no name for.
                    _connection.Finish();
                    break;
                }

                throw AmqpErrorException.ChannelError($"unexpected method in connection state {StateName()}");
        }
    }

    private string StateName() => _connection.Stage.ToString().ToLowerInvariant();

    private void HandleClosing(in Frame frame)
    {
        if (frame.Type != FrameType.Method)
        {
            return;
        }

        if (frame.Method == AmqpMethod.ConnectionCloseOk)
        {
            _connection.Finish();
        }
        else if (frame.Method == AmqpMethod.ConnectionClose)
        {
            _connection.Send(0, default(AmqpConnection.CloseOk));
        }
    }

    private void CloseByClient()
    {
        _connection.EndChannels();
        _connection.CollectAnswers();
        _connection.Send(0, default(AmqpConnection.CloseOk));
        _connection.Finish();
    }

    private void UpdateSecret(in AmqpConnection.UpdateSecret method)
    {
        if (_connection.Node.RefusesSecrets)
        {
            throw AmqpErrorException.NotAllowed("New secret was refused by one of the backends");
        }

        _connection.Node.SecretUpdated(_connection, method.NewSecret);
        _connection.Send(0, default(AmqpConnection.UpdateSecretOk));
    }
}
