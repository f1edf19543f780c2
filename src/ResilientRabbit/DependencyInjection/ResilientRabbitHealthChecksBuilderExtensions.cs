using Microsoft.Extensions.Diagnostics.HealthChecks;
using ResilientRabbit;
using ResilientRabbit.DependencyInjection;
using ResilientRabbit.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health checks of registered clients.</summary>
public static class ResilientRabbitHealthChecksBuilderExtensions
{
    private const string ReadyName = "resilient-rabbit";
    private const string LiveName = "resilient-rabbit-live";

    /// <summary>Adds the health checks of a client: whether it can do its work (tag <c>ready</c>), and whether the process must be started anew (tag <c>live</c>). They read the client's status: no connection is opened and nothing is sent.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the client; <see langword="null"/> for the default client.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The checks are named <c>resilient-rabbit</c> and <c>resilient-rabbit-live</c>, for a named client followed by <c>:</c> and its name.</remarks>
    public static IHealthChecksBuilder AddResilientRabbit(this IHealthChecksBuilder builder, string? name = null) => AddResilientRabbit(builder, name, null);

    /// <summary>Adds the health checks of a client with limits of its own.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the client; <see langword="null"/> for the default client.</param>
    /// <param name="configure">Changes the limits.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public static IHealthChecksBuilder AddResilientRabbit(this IHealthChecksBuilder builder, string? name, Action<ResilientRabbitHealthOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var limits = new ResilientRabbitHealthOptions();
        configure?.Invoke(limits);
        limits.Validate();
        string client = name ?? "";
        builder.Add(New(ReadyName, client, limits, isLiveness: false));
        return builder.Add(New(LiveName, client, limits, isLiveness: true));
    }

    private static HealthCheckRegistration New(string check, string client, ResilientRabbitHealthOptions limits, bool isLiveness) => new(
        client.Length == 0 ? check : $"{check}:{client}",
        provider => new ResilientRabbitHealthCheck(
            ClientRegistration.GetClient(provider, client), limits, ConsumersOf(provider, client), isLiveness, provider.GetService<TimeProvider>() ?? TimeProvider.System),
        failureStatus: null,
        tags: [isLiveness ? "live" : "ready"]);

    private static int ConsumersOf(IServiceProvider provider, string client)
        => provider.GetServices<ClientRegistration>().FirstOrDefault(registration => string.Equals(registration.Name, client, StringComparison.Ordinal))?.Consumers.Count ?? 0;
}
