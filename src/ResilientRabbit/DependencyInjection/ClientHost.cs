using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Connects one client and runs its consumers for the life of the host. Starts in the background: the host starts although no broker is up.</summary>
/// <remarks>Holds the client, so the container disposes this first and the client afterwards.</remarks>
internal sealed class ClientHost(IRabbitClient client, IReadOnlyList<HostedConsumer> consumers, IHostApplicationLifetime? lifetime, ILogger logger)
    : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(consumers.Select(static consumer => consumer.CancelPendingAsync())).ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(consumers.Select(consumer => consumer.StopAsync(cancellationToken))).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (HostedConsumer consumer in consumers)
        {
            consumer.Dispose();
        }

        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        if (!await TryAsync(ConnectAsync(stopping), stopping).ConfigureAwait(false) || stopping.IsCancellationRequested)
        {
            return;
        }

        // All at once, and each tells of its own failure: one whose queue is missing must not keep the others waiting.
        foreach (HostedConsumer consumer in consumers)
        {
            _ = TryAsync(consumer.StartAsync(client), stopping);
        }
    }

    private async Task<bool> TryAsync(Task step, CancellationToken stopping)
    {
        try
        {
            await step.ConfigureAwait(false);
            return true;
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The host stops: whatever failed now is of no interest any more.
            return false;
        }
#pragma warning disable CA1031 // A host that runs without its consumers looks well and does nothing: stop it, as the framework does for its background services.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.HostedClientFailed(exception);
            lifetime?.StopApplication();
            return false;
        }
    }

    // A refused entity stays refused until somebody changes it; consuming what is there goes on.
    private async Task ConnectAsync(CancellationToken stopping)
    {
        try
        {
            await client.ConnectAsync(stopping).ConfigureAwait(false);
        }
        catch (RabbitException exception)
        {
            logger.HostedConnectFailed(exception);
        }
    }
}
