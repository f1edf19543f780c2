namespace ResilientRabbit.Clusters;

/// <summary>This machine cannot run the cluster that was asked for; tests turn it into a skip, or into a failure when <c>CI=true</c>.</summary>
public sealed class ClusterUnavailableException : Exception
{
    public ClusterUnavailableException()
    {
    }

    public ClusterUnavailableException(string message)
        : base(message)
    {
    }

    public ClusterUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
