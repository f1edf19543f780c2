using Microsoft.Extensions.Diagnostics.HealthChecks;
using ResilientRabbit.DependencyInjection;
using ResilientRabbit.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health checks of registered clients.</summary>
public static class ResilientRabbitHealthChecksBuilderExtensions
{
    private const string CheckName = "resilient-rabbit";

    /// <summary>Adds the health check of a client. It reads the client's status: no connection is opened and nothing is sent.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the client; <see langword="null"/> for the default client.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The check is named <c>resilient-rabbit</c>, for a named client followed by <c>:</c> and its name; it has the tag <c>ready</c>.</remarks>
    public static IHealthChecksBuilder AddResilientRabbit(this IHealthChecksBuilder builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string clientName = name ?? "";
        return builder.Add(new HealthCheckRegistration(
            clientName.Length == 0 ? CheckName : $"{CheckName}:{clientName}",
            provider => new ResilientRabbitHealthCheck(ClientRegistration.GetClient(provider, clientName)),
            failureStatus: null,
            tags: ["ready"]));
    }
}
