using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

/// <summary>How soon a test can begin.</summary>
[Collection(AloneGroup.Name)]
public sealed class StartTests(ITestOutputHelper output)
{
    private const int Starts = 15;

    // The first one compiles the broker and RabbitMQ.Client and is left out; the median of the others is no matter of luck.
    [Fact]
    public async Task From_start_to_the_first_confirmed_publish_it_takes_less_than_fifty_milliseconds()
    {
        (TimeSpan compiling, long methods) = (JitInfo.GetCompilationTime(), JitInfo.GetCompiledMethodCount());
        TimeSpan cold = await MeasureAsync();
        (compiling, methods) = (JitInfo.GetCompilationTime() - compiling, JitInfo.GetCompiledMethodCount() - methods);
        List<TimeSpan> warm = [];
        for (int start = 0; start < Starts; start++)
        {
            warm.Add(await MeasureAsync());
        }

        warm.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first {cold.TotalMilliseconds:F1} ms, of which {compiling.TotalMilliseconds:F1} ms for compiling {methods} methods; then median {warm[Starts / 2].TotalMilliseconds:F1} ms of {Starts}, {warm[0].TotalMilliseconds:F1} to {warm[^1].TotalMilliseconds:F1}"));
        Assert.InRange(warm[Starts / 2], TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
    }

    private static async Task<TimeSpan> MeasureAsync()
    {
        long start = Stopwatch.GetTimestamp();
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q");
        await PlainDriver.PublishAsync(channel, "q", "first");
        return Stopwatch.GetElapsedTime(start);
    }
}
