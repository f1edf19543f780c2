using System.Text;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>From the protocol header to connection.open-ok.</summary>
internal sealed class Handshake(ServerConnection connection, string? certificateUser)
{
    private string _mechanism = string.Empty;

    public void Start()
    {
        connection.Stage = ConnectionStage.Starting;
        connection.Send(0, new AmqpConnection.Start(
            0, 9, ServerProperties.Build(connection.Node), string.Join(' ', connection.Options.Mechanisms), "en_US"));
    }

    public void StartOk(in AmqpConnection.StartOk method)
    {
        connection.ClientProperties = method.ClientProperties;
        _mechanism = method.Mechanism;
        if (!connection.Options.Mechanisms.Contains(_mechanism, StringComparer.Ordinal))
        {
            throw AmqpErrorException.CommandInvalid($"unknown authentication mechanism '{_mechanism}'");
        }

        Authenticate(method.Response);
    }

    // None of the mechanisms here asks a second question.
    public void SecureOk(in AmqpConnection.SecureOk method) => Authenticate(method.Response);

    public void TuneOk(in AmqpConnection.TuneOk method)
    {
        TestBrokerOptions options = connection.Options;
        CheckNegotiated("frame_max", method.FrameMax, 4096, options.FrameMax);
        CheckNegotiated("channel_max", method.ChannelMax, 1, options.ChannelMax);
        connection.ChannelMax = method.ChannelMax;
        connection.Tuned(method.FrameMax, method.Heartbeat);
        connection.Stage = ConnectionStage.Opening;
    }

    public void Open(in AmqpConnection.Open method)
    {
        BrokerUser user = connection.User!;
        VirtualHost host = connection.Host.Model.FindVirtualHost(method.VirtualHost)
            ?? throw AmqpErrorException.NotAllowed($"vhost {method.VirtualHost} not found");
        if (!user.Permissions.ContainsKey(host.Name))
        {
            throw AmqpErrorException.NotAllowed($"access to vhost '{host.Name}' refused for user '{user.Name}'");
        }

        connection.Open(host, new AccessControl(user, host));
        connection.Send(0, new AmqpConnection.OpenOk(string.Empty));
    }

    /// <summary>Refuses a login: with a close for clients that understand it, otherwise by hanging up.</summary>
    public void Refuse(AmqpErrorException error)
    {
        if (connection.Knows("authentication_failure_close"))
        {
            connection.Send(0, new AmqpConnection.Close((ushort)error.Code, error.Text, 0, 0));
        }

        connection.Finish();
    }

    private static void CheckNegotiated(string field, long value, long least, long most)
    {
        if (value != 0 && value < least)
        {
            throw AmqpErrorException.NotAllowed($"negotiated {field} = {value} is lower than the minimum allowed value ({least})");
        }

        if (most != 0 && (value == 0 || value > most))
        {
            string detail = field is "channel_max" && value == 0 ? " (no limit)" : string.Empty;
            throw AmqpErrorException.NotAllowed($"negotiated {field} = {value}{detail} is higher than the maximum allowed value ({most})");
        }
    }

    private void Authenticate(byte[] response)
    {
        connection.User = FindUser(response) ?? throw AmqpErrorException.Refused(
            $"Login was refused using authentication mechanism {_mechanism}. For details see the broker logfile.");
        connection.Stage = ConnectionStage.Tuning;
        TestBrokerOptions options = connection.Options;
        connection.Send(0, new AmqpConnection.Tune((ushort)options.ChannelMax, (uint)options.FrameMax, (ushort)options.Heartbeat.TotalSeconds));
    }

    private BrokerUser? FindUser(byte[] response)
    {
        Dictionary<string, BrokerUser> users = connection.Host.Model.Users;
        switch (_mechanism)
        {
            case "PLAIN":
                (string user, string secret) = Plain(response);
                return Check(users, user, secret);
            case "AMQPLAIN":
                AmqpTable table = ReadLogin(response);
                return table.TryGetValue("LOGIN", out object? login) && table.TryGetValue("PASSWORD", out object? password)
                    ? Check(users, login as string, password as string)
                    : throw Malformed();
            case "EXTERNAL":
                return certificateUser is null ? null : users.GetValueOrDefault(certificateUser);
            default:
                return null;
        }
    }

    private static BrokerUser? Check(Dictionary<string, BrokerUser> users, string? name, string? password) =>
        name is not null && password is not null && users.TryGetValue(name, out BrokerUser? user)
        && string.Equals(user.Password, password, StringComparison.Ordinal)
            ? user
            : null;

    private static (string User, string Password) Plain(byte[] response)
    {
        string[] parts = Encoding.UTF8.GetString(response).Split('\0');
        return parts.Length == 3 && parts[0].Length == 0 ? (parts[1], parts[2]) : throw Malformed();
    }

    // Nobody is told: the broker hangs up on what is no answer at all.
    private static AmqpErrorException Malformed() => new(ReplyCode.SyntaxError, "response invalid");

    // The table comes without the length in front of it.
    private static AmqpTable ReadLogin(byte[] response)
    {
        using WireWriter writer = new();
        writer.LongBytes(response);
        WireReader reader = new(writer.Written.Span);
        return reader.Table();
    }
}
