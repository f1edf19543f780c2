using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ResilientRabbit;
using ResilientRabbit.DependencyInjection;
using ResilientRabbit.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds bridges between clusters to a host.</summary>
public static class ResilientRabbitBridgeExtensions
{
    /// <summary>Adds a bridge that runs for the life of the host, from a queue of this client to <see cref="MessageBridgeOptions.TargetClient"/>. It is also a keyed singleton under its name, for its status.</summary>
    /// <param name="builder">The builder of the client whose queue is read.</param>
    /// <param name="name">The name of the bridge: see <see cref="MessageBridgeOptions.Name"/>.</param>
    /// <param name="configure">Sets the queue, the far side's client and the other options. What is not valid is thrown when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The host starts although no broker is reachable: the bridge starts in the background. When the host stops, the bridge drains before its clients are disposed.</remarks>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static IResilientRabbitBuilder AddBridge(this IResilientRabbitBuilder builder, string name, Action<MessageBridgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        string source = builder.Name;
        builder.Services.AddKeyedSingleton(name, (provider, _) => Create(provider, source, name, configure));
        builder.Services.AddSingleton<IHostedService>(provider => new BridgeHost(
            provider.GetRequiredKeyedService<MessageBridge>(name), provider.GetService<IHostApplicationLifetime>(), QuietLogger.Of(provider.GetService<ILoggerFactory>(), "ResilientRabbit.Host")));
        return builder;
    }

    /// <summary>Adds the health check of a bridge (tag <c>ready</c>): degraded while the source queue is not consumed, unhealthy while the far side leaves a message without an answer for too long.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the bridge.</param>
    /// <param name="oldestAge">How long a message may wait for the far side; one minute when <see langword="null"/>.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The check is named <c>resilient-rabbit-bridge:</c> and the name of the bridge. It reads the status: nothing is sent.</remarks>
    /// <exception cref="ArgumentException">The name is empty, or the limit is not above zero.</exception>
    public static IHealthChecksBuilder AddResilientRabbitBridge(this IHealthChecksBuilder builder, string name, TimeSpan? oldestAge = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        TimeSpan limit = oldestAge ?? TimeSpan.FromMinutes(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(oldestAge));
        return builder.Add(new HealthCheckRegistration(
            $"resilient-rabbit-bridge:{name}", provider => new BridgeHealthCheck(provider.GetRequiredKeyedService<MessageBridge>(name), limit), failureStatus: null, tags: ["ready"]));
    }

    private static MessageBridge Create(IServiceProvider provider, string source, string name, Action<MessageBridgeOptions> configure)
    {
        var options = new MessageBridgeOptions();
        configure(options);
        options.Name = name;
        return new MessageBridge(
            ClientRegistration.GetClient(provider, source),
            ClientRegistration.GetClient(provider, options.TargetClient ?? ""),
            options,
            provider.GetService<ILoggerFactory>(),
            provider.GetService<TimeProvider>());
    }
}
