using System.Text;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Raw;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>
/// Peers that mean harm (scenarios 37 to 50 and 59). The client runs in a child process with a small heap: it must neither crash nor believe a size,
/// and must publish and consume as soon as the peer behaves.
/// </summary>
public sealed class HostilePeerScenarios
{
    private const long PeakMiB = 250;

    [Theory, Scenario("37,38,39,43,44,45", "P1,P4,P19,P31")]
    [InlineData("a wrong frame end")]
    [InlineData("a size of 4 GiB")]
    [InlineData("a negative size")]
    [InlineData("a size of 2 GiB")]
    [InlineData("a size of 1 GiB")]
    [InlineData("an unknown frame type")]
    [InlineData("an unknown class")]
    [InlineData("an unknown method")]
    [InlineData("a channel that is not open")]
    [InlineData("a short string past the end")]
    [InlineData("a header without a method")]
    [InlineData("a body without a header")]
    [InlineData("a return with headers nested 26,000 deep")]
    [InlineData("a return with headers nested 1,000 deep")]
    public async Task Frames_of_a_broken_peer_end_one_connection_and_no_more(string what)
    {
        byte[] bytes = what switch
        {
            "a wrong frame end" => HostileBytes.Frame(RawFrame.MethodType, 1, new byte[20], end: 0),
            "a size of 4 GiB" => HostileBytes.Sized(0xFFFF_FFFF),
            "a negative size" => HostileBytes.Sized(0x8000_0000),
            "a size of 2 GiB" => HostileBytes.Sized(0x7FFF_FFFF),
            "a size of 1 GiB" => HostileBytes.Sized(0x4000_0000),
            "an unknown frame type" => HostileBytes.Frame(99, 1, "x"u8),
            "an unknown class" => HostileBytes.Method(1, 99, 10),
            "an unknown method" => HostileBytes.Method(1, 60, 99),
            "a channel that is not open" => HostileBytes.Method(999, 60, 80, static arguments => arguments.LongLong(1).Octet(0)),
            "a short string past the end" => HostileBytes.Method(1, 60, 50, static arguments => arguments.Short(312).Octet(250).Bytes("short"u8)),
            "a header without a method" => HostileBytes.Header(1, 4),
            "a return with headers nested 26,000 deep" => Return(26_000),
            "a return with headers nested 1,000 deep" => Return(1_000),
            _ => HostileBytes.Body(1, 10),
        };

        await SurviveAsync(bed => bed.Faults.FromBroker(AmqpMethod.ConfirmSelectOk).After().Send(bytes));
    }

    [Theory, Scenario("38,45,46,49", "P4,P13,P19,P31")]
    [InlineData("a size of 4 GiB")]
    [InlineData("a size of 2 GiB")]
    [InlineData("a size of 1 GiB")]
    [InlineData("a table with an unknown type")]
    [InlineData("a table longer than its frame")]
    [InlineData("a table shorter than its entries")]
    [InlineData("a table with half a million entries")]
    [InlineData("no mechanism that we know")]
    [InlineData("a megabyte of mechanisms")]
    [InlineData("a table nested 26,000 deep")]
    [InlineData("a table nested 6,000 deep")]
    public async Task Greetings_of_a_broken_peer_cost_one_attempt_and_no_more(string what)
    {
        byte[] bytes = what switch
        {
            "a size of 4 GiB" => HostileBytes.Sized(0xFFFF_FFFF),
            "a size of 2 GiB" => HostileBytes.Sized(0x7FFF_FFFF),
            "a size of 1 GiB" => HostileBytes.Sized(0x4000_0000),
            "a table with an unknown type" => HostileBytes.Start(new ArgumentWriter().ShortString("k").Octet((byte)'?').Octet(0).ToArray(), "PLAIN"),
            "a table longer than its frame" => HostileBytes.Method(0, 10, 10, static arguments => arguments.Octet(0).Octet(9).Long(1_000_000).Bytes("abc"u8)),
            "a table shorter than its entries" => HostileBytes.Start(new ArgumentWriter().ShortString("k").Octet((byte)'S').Long(500).Bytes("abc"u8).ToArray(), "PLAIN"),
            "a table with half a million entries" => HostileBytes.Start(HostileBytes.ManyEntries(500_000), "PLAIN"),
            "a table nested 26,000 deep" => HostileBytes.Start(HostileBytes.NestedTable(26_000)[4..], "PLAIN"),
            "a table nested 6,000 deep" => HostileBytes.Start(HostileBytes.NestedTable(6_000)[4..], "PLAIN"),
            "no mechanism that we know" => HostileBytes.Start([], "KERBEROS SCRAM-SHA-256"),
            _ => HostileBytes.Start([], new string('M', 1_000_000)),
        };

        await SurviveAsync(bed => bed.Faults.FromBroker(AmqpMethod.ConnectionStart).Replace(bytes));
    }

    private static byte[] Return(int levels) => HostileBytes.Together(
        HostileBytes.Method(1, 60, 50, static arguments => arguments.Short(312).ShortString("NO_ROUTE").ShortString("").ShortString("q")),
        HostileBytes.Header(1, 4, 0x2000, HostileBytes.NestedTable(levels)),
        HostileBytes.Body(1, 4));

    [Theory, Scenario("47,48", "P4,P13,P19")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")]
    [InlineData("\x15\x03\x01\0\x02\x02\x46")]
    [InlineData("AMQP\0\x01\0\0")]
    [InlineData("AMQP\x03\x01\0\0")]
    [InlineData("220 mail.example.com ESMTP\r\n")]
    [InlineData("\x01\0\0\xFF\xFF\xFF\xFFgarbage")]
    public async Task A_peer_of_another_protocol_costs_one_attempt_and_no_more(string answer) =>
        await SurviveAsync(bed => bed.Faults.AtConnect().Answer(Encoding.Latin1.GetBytes(answer)));

    [Theory, Scenario("39,40,41,42,44,45,59", "P12,P19,P21,P22,P31")]
    [InlineData("a body of 2^63 bytes")]
    [InlineData("a body of 2^31 bytes")]
    [InlineData("a body of 64 MiB and one byte")]
    [InlineData("a body longer than its header says")]
    [InlineData("a frame larger than agreed")]
    [InlineData("a body without a header")]
    [InlineData("a header without a method")]
    [InlineData("an invalid text")]
    [InlineData("a header table longer than its frame")]
    [InlineData("a header table with an unknown type")]
    public async Task Deliveries_of_a_broken_peer_end_one_connection_at_most(string what)
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle hostile = bed.Faults.FromBroker(AmqpMethod.BasicDeliver).Replace(entry => Hostile(what, (ushort)entry.Channel, entry.ConsumerTag!, entry.DeliveryTag!.Value));

        ChildResult child = await ChildProcess.RunAsync("sdk-consumes", bed.Port, async () =>
        {
            await bed.Broker.PublishAsync(Bed.Queue, "hostile on its first way"u8.ToArray());
            await bed.Broker.PublishAsync(Bed.Queue, "good"u8.ToArray());
        });

        Assert.Equal(1, hostile.Fired);
        AssertHealthy(child);
        if (what.StartsWith("a header table", StringComparison.Ordinal))
        {
            // Nobody can read it: put aside, not handed to the application.
            await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue + ".dead-letter") is { Messages: 1 }, "the parked message");
            Assert.Equal(4, child.Number("received"));
        }
    }

    [Fact, Scenario("50", "P28")]
    public async Task The_words_of_a_peer_cannot_forge_the_log()
    {
        const string Evil = "bye\r\n2026-01-01 ERROR forged\x1b[2J\a\0\u0085\u2028end";
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log);
        FaultHandle connection = bed.Faults.FromClient(AmqpMethod.BasicPublish).After().CloseConnection(320, Evil);
        FaultHandle channel = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(5).After().CloseChannel(541, Evil);

        await Bed.AllAsync(Bed.Publish(client, 20));
        FaultHandle refused = bed.Faults.FromClient(AmqpMethod.BasicPublish).CloseChannel(404, "NOT_FOUND - no exchange 'x' " + Evil);
        PublishException failure = await Bed.FailsAsync(Bed.PublishAsync(client, "guilty", exchange: "x"));
        await client.DisposeAsync();

        Assert.Equal((1, 1, 1), (connection.Fired, channel.Fired, refused.Fired));
        Assert.Contains(log.Messages, static line => line.Contains("forged", StringComparison.Ordinal));
        Assert.All(log.Messages, static line => Assert.DoesNotContain(line, static character => char.IsControl(character) || character is '\u2028' or '\u2029'));
        Assert.DoesNotContain(failure.Message, static character => char.IsControl(character));
    }

    private static byte[] Hostile(string what, ushort channel, string consumer, ulong tag)
    {
        byte[] deliver = HostileBytes.Deliver(channel, consumer, tag);
        return what switch
        {
            "a body of 2^63 bytes" => HostileBytes.Together(deliver, HostileBytes.Header(channel, 1UL << 63)),
            "a body of 2^31 bytes" => HostileBytes.Together(deliver, HostileBytes.Header(channel, 1UL << 31)),
            "a body of 64 MiB and one byte" => HostileBytes.Together(deliver, HostileBytes.Header(channel, (64UL * 1024 * 1024) + 1)),
            "a body longer than its header says" => HostileBytes.Together(deliver, HostileBytes.Header(channel, 2), HostileBytes.Body(channel, 1000)),
            "a frame larger than agreed" => HostileBytes.Together(deliver, HostileBytes.Header(channel, 500_000), HostileBytes.Body(channel, 500_000)),
            "a body without a header" => HostileBytes.Together(deliver, HostileBytes.Body(channel, 10)),
            "a header without a method" => HostileBytes.Header(channel, 10),
            "an invalid text" => HostileBytes.Together(
                HostileBytes.Method(channel, 60, 60, arguments => arguments.ShortString(consumer).LongLong(tag).Octet(0).ShortString("").Octet(4).Bytes([0xFF, 0xFE, 0xC0, 0x80])),
                HostileBytes.Header(channel, 3), HostileBytes.Body(channel, 3)),
            "a header table longer than its frame" => HostileBytes.Together(
                deliver, HostileBytes.Header(channel, 3, flags: 0x2000, new ArgumentWriter().Long(100_000).Bytes("abc"u8).ToArray()), HostileBytes.Body(channel, 3)),
            _ => HostileBytes.Together(
                deliver, HostileBytes.Header(channel, 3, flags: 0x2000, new ArgumentWriter().LongString(new ArgumentWriter().ShortString("k").Octet((byte)'?').ToArray()).ToArray()), HostileBytes.Body(channel, 3)),
        };
    }

    private static async Task SurviveAsync(Func<Bed, FaultHandle> set)
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle hostile = set(bed);

        ChildResult child = await ChildProcess.RunAsync("sdk-survives", bed.Port);

        Assert.Equal(1, hostile.Fired);
        AssertHealthy(child);

        // Three connections and one more; twice as many where a slow machine exceeds the time limits.
        Assert.InRange(child.Number("losses"), 0, 1);
        Assert.InRange(bed.Line.AcceptedCount, 3, 6);
    }

    private static void AssertHealthy(ChildResult child)
    {
        Assert.True(child.ExitCode == 0, $"Exit code {child.ExitCode}: {child.Output}");
        Assert.True(child.Number("peak-mib") <= PeakMiB, $"{child.Number("peak-mib")} MiB at most: {child.Output}");
        Assert.True(child.Number("out-of-memory") == 0, $"{child.Number("out-of-memory")} allocations failed: {child.Output}");
        Assert.True(child.Number("unobserved") == 0, child.Output);
    }
}
