namespace ResilientRabbit.Clusters;

/// <summary>
/// Starts a cluster with the driver that this machine has: <c>RR_CLUSTER_DRIVER</c> (<c>local</c> or <c>containers</c>), else local nodes
/// where they are installed, else containers where that driver was compiled in.
/// </summary>
public static class ClusterFactory
{
    /// <summary>Why no cluster can be started here, null when one can. An engine that does not answer shows only at the start.</summary>
    public static string? MissingPrerequisite(ClusterOptions? options = null) => Choose(options ?? new ClusterOptions()).Missing;

    public static async Task<IRabbitCluster> StartAsync(ClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ClusterOptions();
        var (useContainers, missing) = Choose(options);
        if (missing is not null)
        {
            throw new ClusterUnavailableException(missing);
        }

#if WITH_TESTCONTAINERS
        if (useContainers)
        {
            return await ContainerCluster.StartAsync(options, cancellationToken);
        }
#else
        _ = useContainers;
#endif

        return await LocalCluster.StartAsync(options, cancellationToken);
    }

#if WITH_TESTCONTAINERS
    private static string? NoContainers => null;
#else
    private static string? NoContainers => "The Testcontainers driver was not compiled in (build with -p:WithTestcontainers=true).";
#endif

    private static (bool UseContainers, string? Missing) Choose(ClusterOptions options)
    {
        var noLocal = LocalCluster.MissingPrerequisite() ?? (options.HaProxy is null ? null : HaProxyProcess.MissingPrerequisite());

        return Environment.GetEnvironmentVariable("RR_CLUSTER_DRIVER") switch
        {
            "local" => (false, noLocal),
            "containers" => (true, NoContainers),
            null or "" => noLocal is null ? (false, null) : (true, NoContainers is null ? null : $"{noLocal} {NoContainers}"),
            var other => (false, $"RR_CLUSTER_DRIVER is '{other}'; it may be 'local' or 'containers'."),
        };
    }
}
