using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>What a user without the permission is told.</summary>
public sealed class PermissionConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory]
    [BothBrokers("declare-queue", "queue", 50, 10)]
    [BothBrokers("delete-queue", "queue", 50, 40)]
    [BothBrokers("purge", "queue", 50, 30)]
    [BothBrokers("bind-queue", "queue", 50, 20)]
    [BothBrokers("bind-exchange", "exchange", 50, 20)]
    [BothBrokers("consume", "queue", 60, 20)]
    [BothBrokers("get", "queue", 60, 70)]
    [BothBrokers("declare-exchange", "exchange", 40, 10)]
    [BothBrokers("delete-exchange", "exchange", 40, 20)]
    [BothBrokers("publish", "exchange", 60, 40)]
    public async Task A_missing_permission_closes_the_channel_with_403(string broker, string operation, string kind, int classId, int methodId)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        string own = bench.Name("own");
        string foreign = bench.Name("foreign");
        await bench.Broker.AddUserAsync(user, "password", $"^{own}$", $"^{own}$", $"^{own}$");
        IConnection connection = await ConnectAsAsync(bench, user);
        await bench.Channel.QueueDeclareAsync(foreign, durable: false, exclusive: false, autoDelete: false);
        await bench.Channel.ExchangeDeclareAsync(foreign, "direct");
        await bench.Channel.QueueDeclareAsync(own, durable: false, exclusive: false, autoDelete: false);

        Refusal refusal = await bench.RefusedAsync(
            channel => operation switch
            {
                "declare-queue" => channel.QueueDeclareAsync(foreign, durable: false, exclusive: false, autoDelete: false),
                "delete-queue" => channel.QueueDeleteAsync(foreign),
                "purge" => channel.QueuePurgeAsync(foreign),
                "bind-queue" => channel.QueueBindAsync(foreign, foreign, "a"),
                "bind-exchange" => channel.QueueBindAsync(own, foreign, "a"),
                "consume" => channel.BasicConsumeAsync(foreign, autoAck: true, new Recorder(channel)),
                "get" => channel.BasicGetAsync(foreign, autoAck: true),
                "declare-exchange" => channel.ExchangeDeclareAsync(foreign, "direct"),
                "delete-exchange" => channel.ExchangeDeleteAsync(foreign),
                _ => channel.BasicPublishAsync(foreign, "a", "m"u8.ToArray()).AsTask(),
            },
            connection);

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - access to {kind} '{foreign}' in vhost '/' refused for user '{user}'", (ushort)classId, (ushort)methodId), refusal);
        await bench.Channel.QueueDeleteAsync(foreign);
        await bench.Channel.QueueDeleteAsync(own);
        await bench.Channel.ExchangeDeleteAsync(foreign);
    }

    [Theory, BothBrokers]
    public async Task A_permitted_name_works(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        string own = bench.Name("own");
        await bench.Broker.AddUserAsync(user, "password", $"^{own}$", $"^{own}|amq\\.default$", $"^{own}$");
        IChannel channel = await (await ConnectAsAsync(bench, user)).CreateChannelAsync();

        await channel.QueueDeclareAsync(own, durable: false, exclusive: true, autoDelete: false);
        await channel.BasicPublishAsync("", own, "m"u8.ToArray());

        Assert.NotNull(await channel.BasicGetAsync(own, autoAck: true));
    }

    [Theory, BothBrokers]
    public async Task The_default_exchange_is_called_amq_default_in_permissions(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        await bench.Broker.AddUserAsync(user, "password", "", "", ".*");

        Refusal refusal = await bench.RefusedAsync(static channel => channel.BasicPublishAsync("", "anywhere", "m"u8.ToArray()).AsTask(), await ConnectAsAsync(bench, user));

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user '{user}'", 60, 40), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_passive_declare_needs_no_permission(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        await bench.Broker.AddUserAsync(user, "password", "", "", "");
        IChannel channel = await (await ConnectAsAsync(bench, user)).CreateChannelAsync();
        string queue = bench.Name("q");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false);

        await channel.QueueDeclarePassiveAsync(queue);
        await channel.ExchangeDeclarePassiveAsync("amq.direct");

        Assert.True(channel.IsOpen);
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task A_dead_letter_exchange_needs_read_of_the_queue_and_write_of_the_exchange(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        string own = bench.Name("own");
        await bench.Broker.AddUserAsync(user, "password", ".*", $"^{own}$", ".*");

        Refusal refusal = await bench.RefusedAsync(
            channel => channel.QueueDeclareAsync(own, durable: false, exclusive: true, autoDelete: false, Bench.Table(("x-dead-letter-exchange", "amq.direct"))),
            await ConnectAsAsync(bench, user));

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - access to exchange 'amq.direct' in vhost '/' refused for user '{user}'", 50, 10), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_user_without_permissions_on_the_virtual_host_is_refused_with_530(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string user = bench.Name("user");
        await bench.Broker.AddUserWithoutPermissionsAsync(user, "password");

        ShutdownSays refusal = await ShutdownSays.OfAsync(() => ConnectAsAsync(bench, user));

        Assert.Equal(new ShutdownSays(530, $"NOT_ALLOWED - access to vhost '/' refused for user '{user}'"), refusal);
    }

    private static Task<IConnection> ConnectAsAsync(Bench bench, string user) => bench.ConnectAsync(factory =>
    {
        factory.UserName = user;
        factory.Password = "password";
    });

    private sealed record ShutdownSays(int Code, string Text)
    {
        public static async Task<ShutdownSays> OfAsync(Func<Task<IConnection>> connect)
        {
            // The driver reports success before connection.open was answered (C16), so that the refusal may come afterwards.
            try
            {
                IConnection connection = await connect();
                RabbitMQ.Client.Events.ShutdownEventArgs reason = await Bench.Closed(connection).WaitAsync(Bench.Patience);
                return new ShutdownSays(reason.ReplyCode, reason.ReplyText);
            }
            catch (BrokerUnreachableException exception) when (exception.InnerException is OperationInterruptedException { ShutdownReason: { } reason })
            {
                return new ShutdownSays(reason.ReplyCode, reason.ReplyText);
            }
        }
    }
}
