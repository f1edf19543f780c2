using System.Runtime.InteropServices;
using ResilientRabbit;
using ResilientRabbit.Clusters;
using ResilientRabbit.Samples.FailoverDemo;

if (DemoArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync(DemoArguments.Usage);
    return ExitCodes.NotRun;
}

// Ctrl+C and SIGTERM end the demo in good order: the nodes are stopped and their files removed.
using var stopping = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var screen = new Screen();
try
{
    await using var cluster = await StartAsync();
    if (arguments.ClusterOnly)
    {
        screen.Tell($"nodes: {string.Join(',', cluster.Nodes.Select(node => node.Address))}");
        screen.Tell($"HAProxy: {cluster.Proxy}");
        screen.Tell("Ctrl+C stops them");
        await Task.Delay(Timeout.Infinite, stopping.Token);
    }

    return await new Demo(arguments, screen, cluster).RunAsync(stopping.Token) ? ExitCodes.NothingLost : ExitCodes.Lost;
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    screen.Release();
    screen.Tell("stopped");
    return arguments.ClusterOnly ? ExitCodes.NothingLost : ExitCodes.NotRun;
}
catch (Exception exception) when (exception is DemoException or ClusterUnavailableException or TimeoutException or InvalidOperationException or RabbitException)
{
    screen.Release();
    screen.Tell($"The demo could not be run: {exception.Message} {exception.InnerException?.Message}");
    return ExitCodes.NotRun;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stopping.Cancel();
}

async Task<IRabbitCluster> StartAsync()
{
    if (arguments.Embedded)
    {
        var embedded = await EmbeddedCluster.StartAsync(arguments.Nodes, stopping.Token);
        screen.Tell(embedded.Description);
        return embedded;
    }

    screen.Tell($"starting {arguments.Nodes} RabbitMQ nodes and HAProxy");
    using var started = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
    var waiting = TellThatItTakesTimeAsync(started.Token);
    try
    {
        var cluster = await ClusterFactory.StartAsync(new ClusterOptions { NodeCount = arguments.Nodes, HaProxy = HaProxyOptions.Default }, stopping.Token);
        screen.Tell(cluster.Description);
        return cluster;
    }
    finally
    {
        await started.CancelAsync();
        await waiting;
    }
}

async Task TellThatItTakesTimeAsync(CancellationToken ended)
{
    while (true)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(5), ended);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        screen.Tell("still starting ...");
    }
}
