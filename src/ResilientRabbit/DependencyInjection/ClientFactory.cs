using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration.OpenStack;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Builds the client of a registration from what the container has.</summary>
internal static class ClientFactory
{
    /// <summary>Builds the client; its topology is known to it before anything can be published, with or without a host.</summary>
    public static RabbitClient Create(IServiceProvider services, ClientRegistration registration)
    {
        ResilientRabbitOptions options = CurrentOptions(services, registration.Name);
        Topology[] topologies = [.. registration.Topologies.Select(Build)];
        var client = new RabbitClient(
            options, services.GetService<ILoggerFactory>(), services.GetService<TimeProvider>(), services.GetService<IMeterFactory>(), registration.Name);
        foreach (Topology topology in topologies)
        {
            client.RegisterTopology(topology);
        }

        ILogger logger = QuietLogger.Of(services.GetService<ILoggerFactory>(), "ResilientRabbit.Host");
        foreach (string notice in registration.Sections.Origins.OfType<OsloOrigin>().SelectMany(static origin => origin.Configuration.Report.Notices))
        {
            logger.OsloNotice(notice);
        }

        client.Own(new OptionsReloader(
            client, registration, services.GetRequiredService<IOptionsFactory<ResilientRabbitOptions>>(), logger, services.GetService<TimeProvider>() ?? TimeProvider.System));
        return client;
    }

    /// <summary>The raw connections of a client of ours.</summary>
    public static IResilientConnectionFactory ConnectionsOf(IRabbitClient client)
        => client is RabbitClient own
            ? own.ConnectionFactory
            : throw new InvalidOperationException($"The registered {nameof(IRabbitClient)} is a {client.GetType().Name}, which opens no connections of the driver; register an {nameof(IResilientConnectionFactory)} beside it.");

    /// <summary>The options as they are now. The monitor keeps those of the host's start; they are good for a configuration that has become invalid since, which is then reported as any other change is.</summary>
    private static ResilientRabbitOptions CurrentOptions(IServiceProvider services, string name)
    {
        ResilientRabbitOptions atStart = services.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get(name);
        try
        {
            return services.GetRequiredService<IOptionsFactory<ResilientRabbitOptions>>().Create(name);
        }
        catch (OptionsValidationException exception)
        {
            QuietLogger.Of(services.GetService<ILoggerFactory>(), "ResilientRabbit.Host").ReloadRefused(name, exception.Message);
            return atStart;
        }
    }

    private static Topology Build(Action<TopologyBuilder> configure)
    {
        var builder = new TopologyBuilder();
        configure(builder);
        return builder.Build();
    }
}
