using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Runs one bridge for the life of the host. Starts in the background: the host starts although no broker is up.</summary>
internal sealed class BridgeHost(MessageBridge bridge, IHostApplicationLifetime? lifetime, ILogger logger) : IHostedService
{
    private Task _running = Task.CompletedTask;
    private volatile bool _isStopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await bridge.StopAsync(cancellationToken).ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            await bridge.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception) when (_isStopping)
        {
            // Whatever failed now is of no interest any more.
        }
#pragma warning disable CA1031 // A host that runs without its bridge looks well and does nothing: stop it, as the framework does for its background services.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.HostedBridgeFailed(exception, bridge.Name);
            lifetime?.StopApplication();
        }
    }
}
