using ResilientRabbit.Clusters;

namespace ResilientRabbit.ProtocolTests.Brokers;

/// <summary>A broker that the conformance tests judge through the driver, and what an operator can do to it.</summary>
public interface IBrokerUnderTest
{
    ClusterAddress Address { get; }

    /// <summary>Adds a user with these permissions on the default virtual host.</summary>
    Task AddUserAsync(string name, string password, string configure, string write, string read);

    /// <summary>Adds a user without any permission.</summary>
    Task AddUserWithoutPermissionsAsync(string name, string password);

    Task ChangePasswordAsync(string name, string password);

    /// <summary>Sets a policy on the default virtual host.</summary>
    /// <param name="name">The policy's name.</param>
    /// <param name="pattern">A regular expression over names.</param>
    /// <param name="definition">JSON, as an operator writes it.</param>
    /// <param name="applyTo">queues, exchanges or all.</param>
    /// <param name="priority">The higher one wins.</param>
    Task SetPolicyAsync(string name, string pattern, string definition, string applyTo, int priority = 0);

    /// <summary>Removes a policy from the default virtual host.</summary>
    Task ClearPolicyAsync(string name);

    Task AddVirtualHostAsync(string name);

    Task DeleteVirtualHostAsync(string name);

    /// <summary>Raises a memory alarm: every connection that publishes is blocked.</summary>
    Task BlockAsync();

    Task UnblockAsync();

    /// <summary>Closes the connections whose client-provided name is this one, as an operator does.</summary>
    Task CloseConnectionAsync(string connectionName, string reason);
}
