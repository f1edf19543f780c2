using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client.Exceptions;

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>What children can do. Each tells its results as lines "RESULT name=value".</summary>
public static class ChildProgram
{
    private static readonly Dictionary<string, Func<int, Task>> Programs = new(StringComparer.Ordinal)
    {
        ["sdk-survives"] = SdkChildren.SurviveAsync,
        ["sdk-starved"] = SdkChildren.StarveAsync,
        ["sdk-consumes"] = SdkChildren.ConsumeAsync,
        ["sdk-consumes-oversized"] = SdkChildren.ConsumeOversizedAsync,
        ["sdk-pulls"] = SdkChildren.PullAsync,
        ["sdk-callbacks-throw"] = ThrowingChild.RunAsync,
        ["sdk-retries-and-dies"] = SdkChildren.RetryAndDieAsync,
        ["driver-hang"] = DriverChildren.HangAsync,
        ["driver-cancel-storm"] = DriverChildren.CancelStormAsync,
        ["driver-lost-consumer"] = DriverChildren.LoseConsumerAsync,
        ["driver-late-reply"] = DriverChildren.LateReplyAsync,
        ["driver-heartbeat-crash"] = DriverChildren.HeartbeatCrashAsync,
        ["driver-consumes"] = DriverChildren.ConsumeAsync,
    };

    public static async Task<int> RunAsync(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        int unobserved = 0;
        int outOfMemory = 0;

        // Caught and forgotten it would still be a size that was believed.
        AppDomain.CurrentDomain.FirstChanceException += (_, first) =>
        {
            if (first.Exception is OutOfMemoryException)
            {
                Interlocked.Increment(ref outOfMemory);
            }
        };
        TaskScheduler.UnobservedTaskException += (_, lost) =>
        {
            // A request that the driver queued and could not write any more fails inside the driver, where nobody waits for it or could.
            if (!lost.Exception.InnerExceptions.All(static inner => inner is OperationInterruptedException))
            {
                Interlocked.Increment(ref unobserved);
                Console.WriteLine($"UNOBSERVED {lost.Exception}");
            }
        };
        try
        {
            await Programs[arguments[0]](int.Parse(arguments[1], CultureInfo.InvariantCulture));
        }
        catch (Exception exception)
        {
            Console.WriteLine(exception);
            return 1;
        }

        Tell("peak-mib", Process.GetCurrentProcess().PeakWorkingSet64 / (1024 * 1024));
        Tell("out-of-memory", outOfMemory);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Tell("unobserved", unobserved);
        return 0;
    }

    public static void Tell(string name, object? value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RESULT {name}={value}"));
}
