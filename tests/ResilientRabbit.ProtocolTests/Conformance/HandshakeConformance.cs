using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Opening and closing connections: what the broker says of itself, tuning, heartbeats, channels.</summary>
public sealed class HandshakeConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task The_broker_introduces_itself_as_RabbitMQ(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        IDictionary<string, object?> server = bench.Connection.ServerProperties!;

        Assert.Equal(["capabilities", "cluster_name", "copyright", "information", "platform", "product", "version"], server.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("RabbitMQ", Text(server["product"]));
        Assert.Equal("3.10.8", Text(server["version"]));
        Assert.Equal("Copyright (c) 2007-2022 VMware, Inc. or its affiliates.", Text(server["copyright"]));
        Assert.Equal("Licensed under the MPL 2.0. Website: https://rabbitmq.com", Text(server["information"]));
        Assert.StartsWith("Erlang/OTP 25", Text(server["platform"]), StringComparison.Ordinal);
        Assert.NotEmpty(Text(server["cluster_name"]));
    }

    [Theory, BothBrokers]
    public async Task Capabilities_are_those_of_3_10(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        var capabilities = (IDictionary<string, object?>)bench.Connection.ServerProperties!["capabilities"]!;

        Assert.Equal(
            [
                "authentication_failure_close", "basic.nack", "connection.blocked", "consumer_cancel_notify", "consumer_priorities",
                "direct_reply_to", "exchange_exchange_bindings", "per_consumer_qos", "publisher_confirms",
            ],
            capabilities.Keys.Order(StringComparer.Ordinal));
        Assert.All(capabilities.Values, static value => Assert.Equal(true, value));
    }

    [Theory, BothBrokers]
    public async Task Start_offers_version_mechanisms_and_locale(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await RawClient.ConnectAsync(bench.Broker.Address);
        await raw.SendAsync(RawClient.ProtocolHeader.ToArray());

        ArgumentReader start = (await raw.ExpectAsync("10.10")).Arguments;

        Assert.Equal((0, 9), (start.Octet(), start.Octet()));
        start.Table();
        Assert.Equal(["AMQPLAIN", "PLAIN"], start.LongString().Split(' ').Order(StringComparer.Ordinal));
        Assert.Equal("en_US", start.LongString());
    }

    [Theory, BothBrokers]
    public async Task Tune_offers_2047_channels_frames_of_128_KiB_and_a_heartbeat_of_60_seconds(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();
        await raw.SendStartOkAsync("PLAIN", "\0guest\0guest");

        ArgumentReader tune = (await raw.ExpectAsync("10.30")).Arguments;

        Assert.Equal(((ushort)2047, 131072u, (ushort)60), (tune.Short(), tune.Long(), tune.Short()));
    }

    [Theory, BothBrokers]
    public async Task The_driver_gets_what_was_negotiated(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        IConnection connection = await bench.ConnectAsync(static factory =>
        {
            factory.RequestedChannelMax = 7;
            factory.RequestedFrameMax = 8192;
            factory.RequestedHeartbeat = TimeSpan.FromSeconds(30);
        });

        Assert.Equal((7, 8192u, TimeSpan.FromSeconds(30)), (connection.ChannelMax, connection.FrameMax, connection.Heartbeat));
    }

    [Theory]
    [BothBrokers(2047, 4096u)]
    [BothBrokers(1, 131072u)]
    public async Task Tuning_below_the_offer_is_accepted(string broker, int channelMax, uint frameMax)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();
        await raw.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await raw.ExpectAsync("10.30");

        await raw.SendTuneOkAsync((ushort)channelMax, frameMax, 0);
        await raw.SendMethodAsync(0, 10, 40, static arguments => arguments.ShortString("/").ShortString("").Octet(0));

        await raw.ExpectAsync("10.41");
    }

    [Theory]
    [BothBrokers(0, 131072u)]
    [BothBrokers(2048, 131072u)]
    [BothBrokers(2047, 0u)]
    [BothBrokers(2047, 131073u)]
    [BothBrokers(2047, 4095u)]
    public async Task Tuning_beyond_the_offer_ends_the_connection_without_a_word(string broker, int channelMax, uint frameMax)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();
        await raw.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await raw.ExpectAsync("10.30");

        await raw.SendTuneOkAsync((ushort)channelMax, frameMax, 0);

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task An_operator_closes_a_connection_with_320_and_a_reason(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string name = bench.Name("client");
        IConnection connection = await bench.ConnectAsync(null, name);
        await using IChannel channel = await connection.CreateChannelAsync();
        Task<ShutdownEventArgs> closed = Bench.Closed(connection);

        await bench.Broker.CloseConnectionAsync(name, "maintenance");

        Assert.Equal(new Refusal(320, "CONNECTION_FORCED - maintenance", 0, 0), Refusal.From(await closed.WaitAsync(Bench.Patience)));
    }

    [Theory, BothBrokers]
    public async Task The_broker_sends_heartbeats_when_they_were_agreed(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync(channel: false, heartbeat: 1);

        RawFrame? frame = await raw.ReadAsync();

        Assert.Equal((RawFrame.HeartbeatType, (ushort)0, 0), (frame!.Type, frame.Channel, frame.Payload.Length));
    }

    [Theory, BothBrokers]
    public async Task The_broker_drops_a_client_that_sends_no_heartbeats(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync(channel: false, heartbeat: 1);

        RawFrame? frame;
        do
        {
            frame = await raw.ReadAsync();
        }
        while (frame?.Type == RawFrame.HeartbeatType);

        Assert.Null(frame);
    }

    [Theory, BothBrokers]
    public async Task Closing_is_answered(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 20, 40, static arguments => arguments.Short(200).ShortString("bye").Short(0).Short(0));
        await raw.ExpectAsync("20.41");
        await raw.SendMethodAsync(0, 10, 50, static arguments => arguments.Short(200).ShortString("bye").Short(0).Short(0));
        await raw.ExpectAsync("10.51");
    }

    [Theory]
    [BothBrokers("AMQP\0\0\x8\0")]
    [BothBrokers("AMQP\x1\x1\0\xA")]
    [BothBrokers("HTTP/1.1")]
    public async Task Another_protocol_header_is_answered_with_ours_and_the_end(string broker, string header)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await RawClient.ConnectAsync(bench.Broker.Address);

        await raw.SendAsync(Encoding.Latin1.GetBytes(header));

        Assert.Equal(RawClient.ProtocolHeader.ToArray(), await raw.ReadToEndAsync());
    }

    [Theory, BothBrokers]
    public async Task Channels_beyond_the_agreed_number_are_refused(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.StartRawAsync();
        await raw.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await raw.ExpectAsync("10.30");
        await raw.SendTuneOkAsync(2, 131072, 0);
        await raw.SendMethodAsync(0, 10, 40, static arguments => arguments.ShortString("/").ShortString("").Octet(0));
        await raw.ExpectAsync("10.41");
        await raw.OpenChannelAsync(1);
        await raw.OpenChannelAsync(2);

        await raw.SendMethodAsync(3, 20, 10, static arguments => arguments.ShortString(""));

        Assert.Equal(new RawClose(530, "NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)", 0, 0), await raw.ExpectCloseAsync());
    }

    private static string Text(object? value) => Encoding.UTF8.GetString((byte[])value!);
}
