using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Tests.Connections;

internal static class Failures
{
    /// <summary>A search that has failed at these endpoints, in this order.</summary>
    public static FailedEndpoints After(params RabbitEndpoint[] endpoints)
    {
        var failed = new FailedEndpoints();
        Array.ForEach(endpoints, failed.Failed);
        return failed;
    }
}
