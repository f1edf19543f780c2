using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Asks the application's resolver which node a session has reached.</summary>
internal static class NodeNaming
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>The name of the node; null when nobody knows it. Each call of the resolver is bounded in time. It is asked again, as long as the session lives, only where lanes follow the names. Never faults.</summary>
    public static async Task<string?> FindAsync(string connection, ConnectionEpoch epoch, ClientSettings settings, ILogger logger, TimeProvider time)
    {
        if (epoch.NodeName is not null || settings.NodeNameResolver is not { } resolver)
        {
            return epoch.NodeName;
        }

        string? name = await AskAsync(resolver, connection, epoch, settings, logger, time).ConfigureAwait(false);
        while (name is null && settings.QueueLeaderResolver is not null && !epoch.IsDead)
        {
            await Task.Delay(AgainAfter, time, epoch.Dead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            name = epoch.IsDead ? null : await AskAsync(resolver, connection, epoch, settings, logger, time).ConfigureAwait(false);
        }

        return name;
    }

    private static async Task<string?> AskAsync(INodeNameResolver resolver, string connection, ConnectionEpoch epoch, ClientSettings settings, ILogger logger, TimeProvider time)
    {
        try
        {
            using var limit = new CancellationTokenSource(settings.RequestTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, epoch.Dead);
            using var token = new ApplicationToken(logger, repeats: null, either.Token);
            var query = new NodeNameQuery(connection, epoch.Endpoint.ToString(), epoch.LocalAddress, epoch.ClusterName);
            Task<string?> call = Task.Run(() => resolver.ResolveAsync(query, token.Token).AsTask(), CancellationToken.None);
            SessionTidying.ObserveLater(call);
            string? name = await call.WaitAsync(either.Token).ConfigureAwait(false);
            return string.IsNullOrWhiteSpace(name) ? null : name;
        }
        catch (Exception exception)
        {
            logger.NodeNameUnknown(connection, epoch.Endpoint.ToString(), exception.GetType().Name);
            return null;
        }
    }
}
