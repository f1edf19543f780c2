using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A consumer in a process of its own that puts every message off, until it is killed.</summary>
public sealed class RetryChild : IDisposable
{
    public const string Verb = "retry-child";
    public const int Prefetch = 200;

    /// <summary>What a process ended by SIGKILL leaves as its exit code.</summary>
    public const int Killed = 137;

    private const string PasswordVariable = "RR_RETRY_CHILD_PASSWORD";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private RetryChild(Process process) => _process = process;

    public static RetryChild Start(IRabbitCluster cluster, ClusterAddress address, string queue, QueueKind kind, TimeSpan delay)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(typeof(RetryChild).Assembly.Location);
        }

        string endpoint = string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");
        foreach (string argument in new[] { Verb, endpoint, cluster.UserName, queue, kind.ToString(), delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[PasswordVariable] = cluster.Password;
        return new RetryChild(Process.Start(start)!);
    }

    /// <summary>Waits until the child consumes.</summary>
    public Task WaitUntilReadyAsync() => WaitForAsync(static retried => retried >= 0);

    /// <summary>Kills the child with SIGKILL once it has put off so many: copies are under way then, and acknowledgements gathered.</summary>
    /// <returns>How many it had put off, by its last word.</returns>
    public async Task<long> KillAfterAsync(int count)
    {
        long retried = await WaitForAsync(retried => retried >= count);
        _process.Kill();
        await _process.WaitForExitAsync();
        if (_process.ExitCode != Killed)
        {
            throw new InvalidOperationException($"The child ended with {_process.ExitCode} before it was killed.");
        }

        return retried;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>The child: declares the queue as its own, consumes it and says how many it has put off. Ends with its standard input, should the test be gone.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = new ResilientRabbitOptions { UserName = arguments[1], Password = Environment.GetEnvironmentVariable(PasswordVariable)! };
        options.Endpoints.Add(arguments[0]);
        await using var client = new RabbitClient(options);
        string queue = arguments[2];
        await client.DeclareAsync(TopologyOf(queue, Enum.Parse<QueueKind>(arguments[3])));
        TimeSpan delay = TimeSpan.FromMilliseconds(double.Parse(arguments[4], CultureInfo.InvariantCulture));
        ISubscription subscription = await client.SubscribeAsync(
            queue, new DelegateHandler(static (_, _) => new(Settlement.Retry)), new ConsumerOptions { Prefetch = Prefetch, Concurrency = 4, RetryDelays = [delay] });

        // On a thread of its own: the console reads synchronously, whatever the method is called.
        Task orphaned = Task.Run(Console.In.ReadLine);
        while (!orphaned.IsCompleted)
        {
            Console.WriteLine(subscription.Status.Retried.ToString(CultureInfo.InvariantCulture));
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    public static Topology TopologyOf(string queue, QueueKind kind)
        => (kind == QueueKind.Quorum ? new TopologyBuilder().QuorumQueue(queue) : new TopologyBuilder().ClassicQueue(queue)).Build();

    private async Task<long> WaitForAsync(Func<long, bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            string line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("The child ended by itself.");
            if (long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long retried) && condition(retried))
            {
                return retried;
            }
        }
    }
}
