using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Samples.SiteBridge;

/// <summary>Logs each second how far the bridge is, and ends the program when it has forwarded enough.</summary>
internal sealed class BridgeReporter([FromKeyedServices("site")] MessageBridge bridge, BridgeSettings settings, IHostApplicationLifetime lifetime, ILogger<BridgeReporter> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var before = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var status = bridge.Status;
                logger.LogInformation(
                    "{Forwarded} forwarded, {Rate}/s, {InFlight} in flight, the oldest for {OldestAge}", status.Forwarded, status.Forwarded - before, status.InFlight, status.OldestAge);
                before = status.Forwarded;
                if (settings.Count > 0 && status.Forwarded >= settings.Count)
                {
                    lifetime.StopApplication();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogInformation("Stopping: waiting for the far side's confirms");
        }
    }
}
