namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds topology and consumers to a registered client.</summary>
/// <remarks>Not thread-safe, like the service collection itself.</remarks>
public interface IResilientRabbitBuilder
{
    /// <summary>Gets the name of the client: the key of its services and the name of its options.</summary>
    /// <value>Empty for the client that was registered without a name.</value>
    string Name { get; }

    /// <summary>Gets the services that the client was added to.</summary>
    IServiceCollection Services { get; }
}
