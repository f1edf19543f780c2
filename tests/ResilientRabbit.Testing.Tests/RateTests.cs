using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Testing.Tests.Faults;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

/// <summary>
/// How many publishes a second the broker confirms to one client of frames in its own process, both on the same cores. Measurements: run
/// them by name, <c>-explicit only -class "*RateTests"</c>, on a machine that has nothing else to do.
/// </summary>
[Collection(AloneGroup.Name)]
public sealed class RateTests(ITestOutputHelper output)
{
    private const int Runs = 5;
    private const int Messages = 200_000;
    private const int Burst = 100;
    private const int Window = 4_000;

    [Theory(Explicit = true)]
    [InlineData("as it starts", 200_000, true, false)]
    [InlineData("without journal", 200_000, false, false)]
    [InlineData("ack-only", 400_000, true, true)]
    public async Task Confirmed_publishes_a_second(string what, int goal, bool journal, bool ackOnly)
    {
        List<double> rates = [];
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        for (int run = -1; run < Runs; run++)
        {
            await using TestBroker broker = await TestBroker.StartAsync(new TestBrokerOptions { KeepJournal = journal, AckOnly = ackOnly });
            double rate = await MeasureAsync(broker);
            if (run < 0)
            {
                // What is compiled and allocated the first time is not what is measured.
                processor = Environment.CpuUsage.TotalTime;
                continue;
            }

            rates.Add(rate);
        }

        double cost = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / (Runs * Messages);
        rates.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: median {rates[Runs / 2]:N0}/s of {Runs} runs, {rates[0]:N0} to {rates[^1]:N0}; {cost:F2} us of processor time for each message, client and broker together"));
        Assert.InRange(rates[Runs / 2], goal, double.MaxValue);
    }

    private static async Task<double> MeasureAsync(TestBroker broker)
    {
        await using WireClient client = await WireClient.OpenAsync(broker.Host, broker.Port);
        client.DeclareQueue("q");
        await client.ExpectAsync(AmqpMethod.QueueDeclareOk);
        client.Send(1, new AmqpConfirm.Select(NoWait: false));
        await client.ExpectAsync(AmqpMethod.ConfirmSelectOk);
        byte[] burst = BurstBytes();
        var clock = Stopwatch.StartNew();
        for (ulong sent = 0, confirmed = 0; confirmed < Messages;)
        {
            while (sent < Messages && sent - confirmed <= Window - Burst)
            {
                client.Write(burst);
                sent += Burst;
            }

            confirmed = (await client.ExpectAsync(AmqpMethod.BasicAck)).Read<AmqpBasic.Ack>().DeliveryTag;
        }

        return Messages / clock.Elapsed.TotalSeconds;
    }

    private static byte[] BurstBytes()
    {
        WireWriter writer = new();
        byte[] properties = new ContentProperties { MessageId = Guid.Empty.ToString(), DeliveryMode = 2 }.ToBytes();
        for (int number = 0; number < Burst; number++)
        {
            writer.WriteContent(1, new AmqpBasic.Publish("", "q", Mandatory: true, Immediate: false), properties, new byte[256], 131072);
        }

        return writer.Written.ToArray();
    }
}
