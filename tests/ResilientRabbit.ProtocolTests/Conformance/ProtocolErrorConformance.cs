using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>What the broker answers to frames that no driver sends.</summary>
public sealed class ProtocolErrorConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task A_wrong_frame_end_closes_the_connection_with_501(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendFrameAsync(RawFrame.MethodType, 1, new ArgumentWriter().Short(20).Short(10).ShortString("").ToArray(), end: 0);

        Assert.Equal(new RawClose(501, "FRAME_ERROR - type 1, all octets = <<0,20,0,10,0>>: {invalid_frame_end_marker,0}", 0, 0), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_frame_larger_than_agreed_closes_the_connection_with_501(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync(frameMax: 4096);

        await raw.SendPublishAsync(1, "", "nowhere");
        await raw.SendHeaderAsync(1, 140000);
        await raw.SendFrameAsync(RawFrame.BodyType, 1, new byte[140000]);

        Assert.Equal(new RawClose(501, "FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,140000,4088}", 0, 0), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_frame_of_unknown_type_closes_the_connection_with_501(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendFrameAsync(99, 1, "x"u8);

        Assert.Equal(new RawClose(501, "FRAME_ERROR - type 99, all octets = <<\"x\">>: unknown_frame", 0, 0), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_method_on_a_channel_that_is_not_open_closes_the_connection_with_504(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(5, 50, 10, static arguments => arguments.Short(0).ShortString("").Octet(0b100).EmptyTable());

        Assert.Equal(new RawClose(504, "CHANNEL_ERROR - expected 'channel.open'", 50, 10), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task Opening_an_open_channel_closes_the_connection_with_504(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 20, 10, static arguments => arguments.ShortString(""));

        Assert.Equal(new RawClose(504, "CHANNEL_ERROR - second 'channel.open' seen", 20, 10), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_body_without_a_header_closes_the_connection_with_505(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendPublishAsync(1, "", "nowhere");
        await raw.SendFrameAsync(RawFrame.BodyType, 1, "body"u8);

        Assert.Equal(new RawClose(505, "UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead", 60, 40), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_header_without_a_method_closes_the_connection_with_505(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendHeaderAsync(1, 4);

        Assert.Equal(new RawClose(505, "UNEXPECTED_FRAME - expected method frame, got non method frame instead", 0, 0), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_header_of_another_class_closes_the_connection_with_505(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendPublishAsync(1, "", "nowhere");
        await raw.SendHeaderAsync(1, 4, classId: 50);

        RawClose close = await raw.ExpectCloseAsync();
        Assert.Equal((505, "UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead"), (close.Code, close.Text));
    }

    [Theory, BothBrokers]
    public async Task A_method_between_header_and_body_closes_the_connection_with_505(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendPublishAsync(1, "", "nowhere");
        await raw.SendHeaderAsync(1, 4);
        await raw.SendPublishAsync(1, "", "nowhere");

        Assert.Equal(new RawClose(505, "UNEXPECTED_FRAME - expected content body, got non content body frame instead", 60, 40), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_body_in_several_frames_is_one_message(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendPublishAsync(1, "", queue);
        await raw.SendHeaderAsync(1, 4);
        await raw.SendFrameAsync(RawFrame.BodyType, 1, "b"u8);
        await raw.SendFrameAsync(RawFrame.BodyType, 1, "ody"u8);

        Assert.Equal("body", Bench.Text(await bench.GetAsync(queue)));
    }

    [Theory, BothBrokers]
    public async Task An_unknown_method_ends_the_connection_without_a_word(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 60, 99);

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task An_unknown_class_ends_the_connection_without_a_word(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 99, 10);

        Assert.Null(await raw.ReadAsync());
    }

    [Theory, BothBrokers]
    public async Task A_field_that_ends_early_closes_the_connection_with_501(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 50, 10, static arguments => arguments.Short(0).Octet(200).Bytes("short"u8));

        Assert.Equal(new RawClose(501, "FRAME_ERROR - cannot decode <<0,0,200,115,104,111,114,116>>", 50, 10), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_method_of_the_connection_on_a_channel_closes_the_connection_with_503(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 10, 40, static arguments => arguments.ShortString("/").ShortString("").Octet(0));

        Assert.Equal(new RawClose(503, "COMMAND_INVALID - unimplemented method", 10, 40), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_server_method_from_a_client_closes_the_connection_with_503(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 50, 11, static arguments => arguments.ShortString("q").Long(0).Long(0));

        Assert.Equal(new RawClose(503, "COMMAND_INVALID - unimplemented method", 50, 11), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task The_immediate_flag_is_not_implemented(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendPublishAsync(1, "", "nowhere", bits: 0b10);
        await raw.SendHeaderAsync(1, 0);

        Assert.Equal(new RawClose(540, "NOT_IMPLEMENTED - immediate=true", 60, 40), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task A_client_may_not_stop_the_flow(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();
        await raw.SendMethodAsync(1, 20, 20, static arguments => arguments.Octet(1));
        Assert.Equal(1, (await raw.ExpectAsync("20.21")).Arguments.Octet());

        await raw.SendMethodAsync(1, 20, 20, static arguments => arguments.Octet(0));

        Assert.Equal(new RawClose(540, "NOT_IMPLEMENTED - active=false", 20, 20), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task Frames_between_a_channel_close_and_its_answer_are_ignored(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await using RawClient raw = await bench.OpenRawAsync();
        await raw.SendPublishAsync(1, bench.Name("missing"), "a");
        await raw.SendHeaderAsync(1, 0);
        Assert.Equal(404, (await raw.ExpectChannelCloseAsync()).Code);

        await raw.SendPublishAsync(1, "", queue);
        await raw.SendHeaderAsync(1, 0);
        await raw.SendMethodAsync(1, 20, 41);
        await raw.OpenChannelAsync(1);

        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_heartbeat_on_a_channel_closes_the_connection_with_505(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendFrameAsync(RawFrame.HeartbeatType, 1, []);

        Assert.Equal(new RawClose(505, "UNEXPECTED_FRAME - type 8, all octets = <<>>", 0, 0), await raw.ExpectCloseAsync());
    }
}
