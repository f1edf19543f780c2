using Microsoft.Extensions.DependencyInjection;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Everything that was registered for the client of one name. One per name and service collection, so that registering twice adds instead of doubling.</summary>
internal sealed class ClientRegistration(string name)
{
    /// <summary>Gets the name; empty for the default client.</summary>
    public string Name => name;

    public BoundSections Sections { get; } = new(name);

    public List<Action<TopologyBuilder>> Topologies { get; } = [];

    public List<ConsumerRegistration> Consumers { get; } = [];

    /// <summary>Gets or sets a value indicating whether the hosted service of this client was added.</summary>
    public bool IsHosted { get; set; }

    public static ClientRegistration? Find(IServiceCollection services, string name)
        => services
            .Where(static service => !service.IsKeyedService && service.ServiceType == typeof(ClientRegistration))
            .Select(static service => (ClientRegistration)service.ImplementationInstance!)
            .FirstOrDefault(registration => string.Equals(registration.Name, name, StringComparison.Ordinal));

    /// <summary>Gets the client from the container: the keyed one of this name, or the default one.</summary>
    public static IRabbitClient GetClient(IServiceProvider services, string name)
        => name.Length == 0 ? services.GetRequiredService<IRabbitClient>() : services.GetRequiredKeyedService<IRabbitClient>(name);
}
