using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ResilientRabbit;
using ResilientRabbit.Configuration;
using ResilientRabbit.Configuration.OpenStack;
using ResilientRabbit.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients of ResilientRabbit.</summary>
public static class ResilientRabbitServiceCollectionExtensions
{
    /// <summary>Registers the default client: <see cref="IRabbitClient"/>, <see cref="IPublisher"/> and <see cref="IResilientConnectionFactory"/> as singletons. Calling it again adds to the configuration of the same client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options; applied in the order of the calls. Without it a broker on this machine is meant.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IResilientRabbitBuilder AddResilientRabbit(this IServiceCollection services, Action<ResilientRabbitOptions>? configure = null)
        => Add(services, Options.Options.DefaultName, configure, origin: null);

    /// <summary>Registers the default client and binds its options to a configuration section. Unknown keys are refused; OpenStack's keys (<c>rabbit_hosts</c>, <c>rabbit_userid</c>, …) are understood.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, for example <c>configuration.GetSection("ResilientRabbit")</c>. When it changes, endpoints, credentials and TLS are taken over by new connections, and connections to endpoints that are gone are moved; other changes need a new start.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IResilientRabbitBuilder AddResilientRabbit(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, Options.Options.DefaultName, configure: null, new SectionOrigin(section));
    }

    /// <summary>Registers a client under a name, one per cluster: <see cref="IRabbitClient"/>, <see cref="IPublisher"/> and <see cref="IResilientConnectionFactory"/> as singletons with the name as service key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name.</param>
    /// <param name="configure">Changes the options; applied in the order of the calls.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IResilientRabbitBuilder AddResilientRabbit(this IServiceCollection services, string name, Action<ResilientRabbitOptions> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, name, configure, origin: null);
    }

    /// <summary>Registers a client under a name and binds its options to a configuration section. Unknown keys are refused; OpenStack's keys are understood.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name.</param>
    /// <param name="section">The section. When it changes, endpoints, credentials and TLS are taken over by new connections, and connections to endpoints that are gone are moved; other changes need a new start.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IResilientRabbitBuilder AddResilientRabbit(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, name, configure: null, new SectionOrigin(section));
    }

    /// <summary>Registers the default client with the messaging settings of OpenStack configuration files. <see cref="OsloConfiguration"/> is registered, too, for the report and the names that an application needs.</summary>
    /// <param name="services">The services.</param>
    /// <param name="source">The files. They are read when the host starts, and looked at for changes of endpoints and credentials.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="OptionsValidationException">The files cannot be used; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed with file, line and key.</exception>
    public static IResilientRabbitBuilder AddResilientRabbitFromOslo(this IServiceCollection services, OsloConfigurationSource source)
        => AddOslo(services, Options.Options.DefaultName, source);

    /// <summary>Registers the default client with the messaging settings of OpenStack configuration files.</summary>
    /// <param name="services">The services.</param>
    /// <param name="paths">The files and folders, in order: a value in a later one wins.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="OptionsValidationException">The files cannot be used; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed with file, line and key.</exception>
    public static IResilientRabbitBuilder AddResilientRabbitFromOslo(this IServiceCollection services, params IEnumerable<string> paths)
        => AddOslo(services, Options.Options.DefaultName, new OsloConfigurationSource(paths));

    /// <summary>Registers a client under a name with the messaging settings of OpenStack configuration files, one per cluster; <see cref="OsloConfiguration"/> has the same service key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name.</param>
    /// <param name="source">The files.</param>
    /// <returns>A builder for topology and consumers.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">The files cannot be used; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed with file, line and key.</exception>
    public static IResilientRabbitBuilder AddResilientRabbitFromOslo(this IServiceCollection services, string name, OsloConfigurationSource source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return AddOslo(services, name, source);
    }

    private static ResilientRabbitBuilder AddOslo(IServiceCollection services, string name, OsloConfigurationSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var origin = new OsloOrigin(source);
        ResilientRabbitBuilder builder = Add(services, name, configure: null, origin);
        if (name.Length == 0)
        {
            services.TryAddSingleton(_ => origin.Configuration);
        }
        else
        {
            services.TryAddKeyedSingleton(name, (_, _) => origin.Configuration);
        }

        return builder;
    }

    private static ResilientRabbitBuilder Add(IServiceCollection services, string name, Action<ResilientRabbitOptions>? configure, IOptionsOrigin? origin)
    {
        ArgumentNullException.ThrowIfNull(services);
        ClientRegistration registration = ClientRegistration.Find(services, name) ?? AddClient(services, name);
        OptionsBuilder<ResilientRabbitOptions> options = services.AddOptions<ResilientRabbitOptions>(name);
        if (origin is not null)
        {
            registration.Sections.Add(origin);
            options.Configure(target => _ = origin.Bind(target));
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }

        return new ResilientRabbitBuilder(services, registration);
    }

    private static ClientRegistration AddClient(IServiceCollection services, string name)
    {
        var registration = new ClientRegistration(name);
        services.AddSingleton(registration);
        services.AddOptionsWithValidateOnStart<ResilientRabbitOptions>(name);
        services.AddSingleton<IValidateOptions<ResilientRabbitOptions>>(registration.Sections);
        services.AddSingleton<IValidateOptions<ResilientRabbitOptions>>(new ResilientRabbitOptionsValidator(name, registration.Sections.NewList));
        if (name.Length == 0)
        {
            services.TryAddSingleton<IRabbitClient>(provider => ClientFactory.Create(provider, registration));
            services.TryAddSingleton(static provider => provider.GetRequiredService<IRabbitClient>().Publisher);
            services.TryAddSingleton(static provider => ClientFactory.ConnectionsOf(provider.GetRequiredService<IRabbitClient>()));
        }
        else
        {
            services.TryAddKeyedSingleton<IRabbitClient>(name, (provider, _) => ClientFactory.Create(provider, registration));
            services.TryAddKeyedSingleton(name, static (provider, key) => provider.GetRequiredKeyedService<IRabbitClient>(key).Publisher);
            services.TryAddKeyedSingleton(name, static (provider, key) => ClientFactory.ConnectionsOf(provider.GetRequiredKeyedService<IRabbitClient>(key)));
        }

        return registration;
    }
}
