using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Asks the application's resolver which node a session has reached.</summary>
internal static class NodeNaming
{
    /// <summary>The name of the node; null when nobody knows it. Bounded in time, and never faults.</summary>
    public static async Task<string?> FindAsync(string connection, ConnectionEpoch epoch, ClientSettings settings, ILogger logger, TimeProvider time)
    {
        if (epoch.NodeName is not null || settings.NodeNameResolver is not { } resolver)
        {
            return epoch.NodeName;
        }

        try
        {
            using var limit = new CancellationTokenSource(settings.RequestTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, epoch.Dead);
            var query = new NodeNameQuery(connection, epoch.Endpoint.ToString(), epoch.LocalAddress, epoch.ClusterName);
            string? name = await Task.Run(() => resolver.ResolveAsync(query, either.Token).AsTask(), CancellationToken.None).WaitAsync(either.Token).ConfigureAwait(false);
            return string.IsNullOrWhiteSpace(name) ? null : name;
        }
        catch (Exception exception)
        {
            logger.NodeNameUnknown(connection, epoch.Endpoint.ToString(), exception.GetType().Name);
            return null;
        }
    }
}
