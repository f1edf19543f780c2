using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ResilientRabbit;
using ResilientRabbit.Consuming;
using ResilientRabbit.DependencyInjection;
using ResilientRabbit.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds topology and consumers to a registered client.</summary>
public static class ResilientRabbitBuilderExtensions
{
    /// <summary>Adds exchanges, queues and bindings: declared before anything is published or consumed, and again on every new connection. May be called several times.</summary>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="configure">Describes the topology. What is not valid is thrown when the client is first resolved, at the latest when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder AddTopology(this IResilientRabbitBuilder builder, Action<TopologyBuilder> configure)
    {
        ClientRegistration registration = RegistrationOf(builder);
        ArgumentNullException.ThrowIfNull(configure);
        registration.Topologies.Add(configure);
        AddHost(builder.Services, registration);
        return builder;
    }

    /// <summary>Adds a consumer that runs for the life of the host. Each message is handled by a handler from a scope of its own. May be called several times, also for one queue.</summary>
    /// <typeparam name="THandler">The handler; registered as scoped unless it is registered already.</typeparam>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="configure">Changes the options of the subscription. What is not valid is thrown when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The host starts although no broker is reachable: the consumer starts in the background. When the host stops, running handlers are waited for before the client is disposed.</remarks>
    /// <exception cref="ArgumentException">The name of the queue is empty, or the builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder AddConsumer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IResilientRabbitBuilder builder, string queue, Action<ConsumerOptions>? configure = null)
        where THandler : class, IMessageHandler
    {
        ClientRegistration registration = RegistrationOf(builder);
        ArgumentException.ThrowIfNullOrEmpty(queue);
        builder.Services.TryAddScoped<THandler>();
        registration.Consumers.Add(new ConsumerRegistration(queue, configure, static scopes => new ScopedHandler<THandler>(scopes)));
        AddHost(builder.Services, registration);
        return builder;
    }

    /// <summary>Adds a consumer of JSON messages that runs for the life of the host. Each value is handled by a handler from a scope of its own.</summary>
    /// <typeparam name="THandler">The handler; registered as scoped unless it is registered already.</typeparam>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="typeInfo">The metadata of the type, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <param name="configure">Changes the options of the subscription. What is not valid is thrown when the host starts.</param>
    /// <param name="maxBodySize">The largest body that is read, in bytes; 1 MiB by default.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>See <see cref="JsonMessageHandler{T}"/> for what is accepted; for the rest as the other overload.</remarks>
    /// <exception cref="ArgumentException">The name of the queue is empty, the limit is not positive, or the builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder AddConsumer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler, T>(
        this IResilientRabbitBuilder builder, string queue, JsonTypeInfo<T> typeInfo, Action<ConsumerOptions>? configure = null, int maxBodySize = JsonBody.DefaultMaxSize)
        where THandler : class, IMessageHandler<T>
    {
        ClientRegistration registration = RegistrationOf(builder);
        ArgumentException.ThrowIfNullOrEmpty(queue);
        ArgumentNullException.ThrowIfNull(typeInfo);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBodySize);
        builder.Services.TryAddScoped<THandler>();
        registration.Consumers.Add(new ConsumerRegistration(
            queue, configure, scopes => new JsonMessageHandler<T>(new ScopedTypedHandler<THandler, T>(scopes), typeInfo, maxBodySize)));
        AddHost(builder.Services, registration);
        return builder;
    }

    /// <summary>Asks a service for user name and password at each attempt to connect, instead of taking them from the options.</summary>
    /// <typeparam name="TProvider">The provider; registered as a singleton unless it is registered already.</typeparam>
    /// <param name="builder">The builder of the client.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder UseCredentialsProvider<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TProvider>(this IResilientRabbitBuilder builder)
        where TProvider : class, IRabbitCredentialsProvider
    {
        ClientRegistration registration = RegistrationOf(builder);
        builder.Services.TryAddSingleton<TProvider>();
        builder.Services.AddOptions<ResilientRabbitOptions>(registration.Name)
            .Configure<IServiceProvider>(static (options, services) => options.CredentialsProvider = services.GetRequiredService<TProvider>());
        return builder;
    }

    /// <summary>Asks a service for the name of the node behind each new connection.</summary>
    /// <typeparam name="TResolver">The resolver; registered as a singleton unless it is registered already.</typeparam>
    /// <param name="builder">The builder of the client.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder UseNodeNameResolver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TResolver>(this IResilientRabbitBuilder builder)
        where TResolver : class, INodeNameResolver
    {
        ClientRegistration registration = RegistrationOf(builder);
        builder.Services.TryAddSingleton<TResolver>();
        builder.Services.AddOptions<ResilientRabbitOptions>(registration.Name)
            .Configure<IServiceProvider>(static (options, services) => options.NodeNameResolver = services.GetRequiredService<TResolver>());
        return builder;
    }

    /// <summary>Asks a service which node leads a queue, so that publish lanes go through the connection to that node where there is one.</summary>
    /// <typeparam name="TResolver">The resolver; registered as a singleton unless it is registered already.</typeparam>
    /// <param name="builder">The builder of the client.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The builder does not come from <c>AddResilientRabbit</c>.</exception>
    public static IResilientRabbitBuilder UseQueueLeaderResolver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TResolver>(this IResilientRabbitBuilder builder)
        where TResolver : class, IQueueLeaderResolver
    {
        ClientRegistration registration = RegistrationOf(builder);
        builder.Services.TryAddSingleton<TResolver>();
        builder.Services.AddOptions<ResilientRabbitOptions>(registration.Name)
            .Configure<IServiceProvider>(static (options, services) => options.QueueLeaderResolver = services.GetRequiredService<TResolver>());
        return builder;
    }

    private static ClientRegistration RegistrationOf(IResilientRabbitBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return ClientRegistration.Find(builder.Services, builder.Name)
            ?? throw new ArgumentException($"No client named '{builder.Name}' was registered; call AddResilientRabbit first.", nameof(builder));
    }

    private static void AddHost(IServiceCollection services, ClientRegistration registration)
    {
        if (!registration.IsHosted)
        {
            registration.IsHosted = true;
            services.AddSingleton<IHostedService>(provider => CreateHost(provider, registration));
        }
    }

    private static ClientHost CreateHost(IServiceProvider provider, ClientRegistration registration)
    {
        ILogger logger = QuietLogger.Of(provider.GetService<ILoggerFactory>(), "ResilientRabbit.Host");
        IServiceScopeFactory scopes = provider.GetRequiredService<IServiceScopeFactory>();
        IRabbitClient client = ClientRegistration.GetClient(provider, registration.Name);
        ConsumerDefaults defaults = provider.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get(registration.Name).Consumers;
        List<HostedConsumer> consumers = [];
        foreach (ConsumerRegistration consumer in registration.Consumers)
        {
            // Wrong options stop the host at its start, not its consumer later in the background.
            ConsumerOptions options = consumer.NewOptions();
            _ = ConsumerSettings.From(consumer.Queue, options, defaults);
            consumers.Add(new HostedConsumer(consumer.Queue, consumer.NewHandler(scopes), options));
        }

        return new ClientHost(client, consumers, provider.GetService<IHostApplicationLifetime>(), logger);
    }
}
