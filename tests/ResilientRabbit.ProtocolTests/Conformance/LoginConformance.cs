using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Who is let in: mechanisms and passwords, virtual hosts, new secrets.</summary>
public sealed class LoginConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Both_password_mechanisms_let_the_user_in(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient plain = await bench.StartRawAsync();
        await plain.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await plain.ExpectAsync("10.30");

        await using RawClient amqPlain = await bench.StartRawAsync();
        byte[] table = new ArgumentWriter().Table(("LOGIN", "guest"), ("PASSWORD", "guest")).ToArray();
        await amqPlain.SendStartOkAsync("AMQPLAIN", table[4..]);
        await amqPlain.ExpectAsync("10.30");
    }

    [Theory]
    [BothBrokers("PLAIN", "\0guest\0wrong", "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.")]
    [BothBrokers("PLAIN", "\0nobody\0wrong", "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.")]
    public async Task A_wrong_password_closes_the_connection_with_403_when_the_client_can_hear_it(string broker, string mechanism, string response, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();

        await raw.SendStartOkAsync(mechanism, response);

        Assert.Equal(new RawClose(403, text, 0, 0), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_wrong_password_just_ends_the_connection_of_a_client_that_cannot_hear_it(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();

        await raw.SendStartOkAsync("PLAIN", Encoding.UTF8.GetBytes("\0guest\0wrong"), failureClose: false);

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task A_malformed_PLAIN_response_ends_the_connection_without_a_word(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();

        await raw.SendStartOkAsync("PLAIN", "no zeros at all");

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task An_unknown_mechanism_ends_the_connection_without_a_word(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();

        await raw.SendStartOkAsync("KERBEROS", "ticket");

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task The_driver_reports_a_wrong_password_as_authentication_failure(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        var exception = await Assert.ThrowsAsync<BrokerUnreachableException>(() => bench.ConnectAsync(static factory => factory.Password = "wrong"));

        var failure = Assert.IsType<AuthenticationFailureException>(exception.InnerException);
        Assert.Contains("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.", failure.Message, StringComparison.Ordinal);
    }

    [Theory, BothBrokers]
    public async Task A_missing_virtual_host_closes_the_connection_with_530(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string host = bench.Name("missing");
        await using RawClient raw = await bench.StartRawAsync();
        await raw.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await raw.ExpectAsync("10.30");
        await raw.SendTuneOkAsync(2047, 131072, 0);

        await raw.SendMethodAsync(0, 10, 40, arguments => arguments.ShortString(host).ShortString("").Octet(0));

        Assert.Equal(new RawClose(530, $"NOT_ALLOWED - vhost {host} not found", 10, 40), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task Virtual_hosts_are_worlds_of_their_own(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string host = bench.Name("world");
        await bench.Broker.AddVirtualHostAsync(host);
        string queue = await bench.QueueAsync();
        IConnection other = await bench.ConnectAsync(factory => factory.VirtualHost = host);

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclarePassiveAsync(queue), other);

        Assert.Equal($"NOT_FOUND - no queue '{queue}' in vhost '{host}'", refusal.Text);
        await bench.Broker.DeleteVirtualHostAsync(host);
    }

    [Theory, BothBrokers]
    public async Task Deleting_a_virtual_host_closes_its_connections_with_320(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string host = bench.Name("doomed");
        await bench.Broker.AddVirtualHostAsync(host);
        IConnection connection = await bench.ConnectAsync(factory => factory.VirtualHost = host);
        await using IChannel channel = await connection.CreateChannelAsync();
        Task<ShutdownEventArgs> closed = Bench.Closed(connection);

        await bench.Broker.DeleteVirtualHostAsync(host);

        ShutdownEventArgs reason = await closed.WaitAsync(Bench.Patience);
        Assert.Equal((320, (ushort)0, (ushort)0), ((int)reason.ReplyCode, reason.ClassId, reason.MethodId));

        // Two parts of the real broker compete for the goodbye.
        Assert.Matches($"^CONNECTION_FORCED - vhost '{host}' is (deleted|down)$", reason.ReplyText);
    }

    [Theory, BothBrokers]
    public async Task A_new_secret_of_the_right_password_is_accepted(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        await bench.Connection.UpdateSecretAsync("guest", "a drill").WaitAsync(Bench.Patience);

        await bench.QueueAsync();
        Assert.True(bench.Connection.IsOpen);
    }

    [Theory, BothBrokers]
    public async Task A_new_secret_that_is_wrong_is_accepted_as_well_because_the_internal_users_have_no_tokens(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync(channel: false);

        await raw.SendMethodAsync(0, 10, 70, static arguments => arguments.LongString("wrong").ShortString("a drill"));

        await raw.ExpectAsync("10.71");
    }
}
