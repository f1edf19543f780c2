using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ResilientRabbit;
using ResilientRabbit.Configuration;
using ResilientRabbit.Management;
using ResilientRabbit.Management.Health;
using ResilientRabbit.Management.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients of the management API, and what uses them.</summary>
public static class ResilientRabbitManagementExtensions
{
    private const string CheckName = "resilient-rabbit-management";

    /// <summary>Registers <see cref="IRabbitManagementClient"/> as a singleton. Calling it again adds to the options of the same client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options; applied in the order of the calls. Without it a broker on this machine is meant.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IServiceCollection AddResilientRabbitManagement(this IServiceCollection services, Action<ManagementOptions>? configure = null)
        => Add(services, Options.Options.DefaultName, configure, section: null);

    /// <summary>Registers <see cref="IRabbitManagementClient"/> as a singleton and binds its options to a configuration section. Unknown keys are refused, with the nearest known one. Read once, when the client is first resolved.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, for example <c>configuration.GetSection("RabbitManagement")</c>.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed.</exception>
    public static IServiceCollection AddResilientRabbitManagement(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, Options.Options.DefaultName, configure: null, section);
    }

    /// <summary>Registers <see cref="IRabbitManagementClient"/> as a singleton with a name as service key, one per cluster.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name.</param>
    /// <param name="configure">Changes the options; applied in the order of the calls.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IServiceCollection AddResilientRabbitManagement(this IServiceCollection services, string name, Action<ManagementOptions> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, name, configure, section: null);
    }

    /// <summary>Registers <see cref="IRabbitManagementClient"/> as a singleton with a name as service key and binds its options to a configuration section. Unknown keys are refused.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name.</param>
    /// <param name="section">The section.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed.</exception>
    public static IServiceCollection AddResilientRabbitManagement(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, name, configure: null, section);
    }

    /// <summary>Registers the client of the management API that belongs to a client of the SDK, under its name: hosts, user, password, credentials provider, virtual host and TLS are those of the client's
    /// options unless they are set otherwise. The name of the node behind each connection is then looked up (<see cref="ManagementNodeNameResolver"/>), unless the application has a resolver of its own.</summary>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved.</exception>
    public static IResilientRabbitBuilder AddManagement(this IResilientRabbitBuilder builder, Action<ManagementOptions>? configure = null)
        => AddBeside(builder, configure, section: null);

    /// <summary>As the other overload, with options from a configuration section: what is in it stands before what the client's options say. Unknown keys are refused.</summary>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="section">The section; not one inside the client's own section, which would take it for an unknown key.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="OptionsValidationException">The options are not valid; thrown when the host starts or, without a host, when the client is first resolved. All problems are listed.</exception>
    public static IResilientRabbitBuilder AddManagement(this IResilientRabbitBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return AddBeside(builder, configure: null, section);
    }

    /// <summary>Lets each publish lane go through the connection to the node that leads most of what it writes, where there is one (<see cref="ManagementQueueLeaderResolver"/>). The management API is asked in the
    /// background, after each <see cref="PublisherOptions.LeaderRefreshInterval"/>; while it does not answer, lanes stay where they are. For clients whose endpoints are the nodes; set <see cref="PublisherOptions.Connections"/> to their number.</summary>
    /// <param name="builder">The builder of the client, after <c>AddManagement</c>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException"><c>AddManagement</c> was not called for this client.</exception>
    public static IResilientRabbitBuilder FollowQueueLeaders(this IResilientRabbitBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        if (FindSections(builder.Services, name) is null)
        {
            throw new InvalidOperationException("Leaders of queues are found with the management API: call AddManagement before FollowQueueLeaders.");
        }

        builder.Services.AddOptions<ResilientRabbitOptions>(name).PostConfigure<IServiceProvider>((options, provider) => options.QueueLeaderResolver ??= new ManagementQueueLeaderResolver(() => Get(provider, name)));
        return builder;
    }

    private static IResilientRabbitBuilder AddBeside(IResilientRabbitBuilder builder, Action<ManagementOptions>? configure, IConfiguration? section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        builder.Services.AddOptions<ManagementOptions>(name).Configure<IOptionsMonitor<ResilientRabbitOptions>>((management, clients) => Inherit(management, clients.Get(name)));
        _ = Add(builder.Services, name, configure, section);
        builder.Services.AddOptions<ManagementOptions>(name).PostConfigure<IOptionsMonitor<ResilientRabbitOptions>>((management, clients) => InheritAddresses(management, clients.Get(name)));

        // Only when it is asked: the management client's options are read from these.
        builder.Services.AddOptions<ResilientRabbitOptions>(name).PostConfigure<IServiceProvider>((options, provider) =>
            options.NodeNameResolver ??= new ManagementNodeNameResolver(() => Get(provider, name), provider.GetService<TimeProvider>() ?? TimeProvider.System));
        return builder;
    }

    /// <summary>Adds a health check that asks the management API (tag <c>ready</c>). Degraded: partitions, alarms, nodes that do not run, mirrors or members that lack messages or are offline,
    /// queues without a consumer that should have one, and a management API that does not answer. Never unhealthy.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the client; <see langword="null"/> for the default one.</param>
    /// <param name="configure">Changes what is looked at.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>The check is named <c>resilient-rabbit-management</c>, for a named client followed by <c>:</c> and its name. Two or three requests each time.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static IHealthChecksBuilder AddResilientRabbitManagement(this IHealthChecksBuilder builder, string? name = null, Action<ManagementHealthOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ManagementHealthOptions();
        configure?.Invoke(options);
        options.Validate();
        string client = name ?? "";
        return builder.Add(new HealthCheckRegistration(
            client.Length == 0 ? CheckName : $"{CheckName}:{client}",
            provider => new ManagementHealthCheck(Get(provider, client), options, provider.GetService<TimeProvider>() ?? TimeProvider.System),
            failureStatus: HealthStatus.Degraded,
            tags: ["ready"]));
    }

    private static IServiceCollection Add(IServiceCollection services, string name, Action<ManagementOptions>? configure, IConfiguration? section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ManagementSections sections = FindSections(services, name) ?? AddSections(services, name);
        OptionsBuilder<ManagementOptions> options = services.AddOptionsWithValidateOnStart<ManagementOptions>(name);
        if (section is not null)
        {
            sections.Add(section);
            options.Configure(target => _ = ManagementSection.Bind(section, target));
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (name.Length == 0)
        {
            services.TryAddSingleton<IRabbitManagementClient>(provider => Create(provider, name));
        }
        else
        {
            services.TryAddKeyedSingleton<IRabbitManagementClient>(name, (provider, _) => Create(provider, name));
        }

        return services;
    }

    private static ManagementSections AddSections(IServiceCollection services, string name)
    {
        var sections = new ManagementSections(name);
        services.AddSingleton(sections);
        services.AddSingleton<IValidateOptions<ManagementOptions>>(sections);
        services.AddSingleton<IValidateOptions<ManagementOptions>>(new ManagementOptionsValidator(name, sections.NewList));
        return sections;
    }

    private static ManagementSections? FindSections(IServiceCollection services, string name)
        => services.Where(static service => !service.IsKeyedService && service.ServiceType == typeof(ManagementSections))
            .Select(static service => (ManagementSections)service.ImplementationInstance!)
            .FirstOrDefault(sections => string.Equals(sections.Name, name, StringComparison.Ordinal));

    private static RabbitManagementClient Create(IServiceProvider provider, string name)
        => new(provider.GetRequiredService<IOptionsMonitor<ManagementOptions>>().Get(name), provider.GetService<TimeProvider>());

    private static IRabbitManagementClient Get(IServiceProvider provider, string name)
        => name.Length == 0 ? provider.GetRequiredService<IRabbitManagementClient>() : provider.GetRequiredKeyedService<IRabbitManagementClient>(name);

    private static void Inherit(ManagementOptions management, ResilientRabbitOptions client)
    {
        EndpointSet endpoints = EndpointSet.Of(client);
        UserCredentials? own = endpoints.Credentials.Values.FirstOrDefault();
        management.UserName = own?.UserName ?? client.UserName;
        management.Password = own?.Password ?? client.Password;
        management.CredentialsProvider = client.CredentialsProvider;
        management.VirtualHost = endpoints.VirtualHost;
        Copy(client.Tls, management.Tls);
    }

    private static void InheritAddresses(ManagementOptions management, ResilientRabbitOptions client)
    {
        if (management.Addresses.Count > 0)
        {
            return;
        }

        EndpointSet endpoints = EndpointSet.Of(client);
        foreach (string host in endpoints.Endpoints.Select(static endpoint => endpoint.Host).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            string written = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
            management.Addresses.Add($"{(endpoints.IsTls ? "https" : "http")}://{written}");
        }
    }

    private static void Copy(TlsOptions from, TlsOptions to)
    {
        to.Enabled = from.Enabled;
        to.ServerName = from.ServerName;
        to.CaFile = from.CaFile;
        to.CertificateFile = from.CertificateFile;
        to.KeyFile = from.KeyFile;
        to.KeyPassphrase = from.KeyPassphrase;
        to.Protocols = from.Protocols;
        to.VerifyHostName = from.VerifyHostName;
        to.CheckRevocation = from.CheckRevocation;
        to.AcceptAnyCertificate = from.AcceptAnyCertificate;
        to.AllowInsecure = from.AllowInsecure;
    }
}
