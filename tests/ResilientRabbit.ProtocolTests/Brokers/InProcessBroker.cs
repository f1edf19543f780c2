using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.Testing;
using ResilientRabbit.Testing.Server;

namespace ResilientRabbit.ProtocolTests.Brokers;

/// <summary>The broker of ResilientRabbit.Testing.</summary>
public sealed class InProcessBroker(TestBroker broker) : IBrokerUnderTest
{
    public ClusterAddress Address => new(broker.Host, broker.Port);

    public Task AddUserAsync(string name, string password, string configure, string write, string read)
    {
        broker.SetUser(new TestBrokerUser(name, password, configure, write, read));
        return Task.CompletedTask;
    }

    public Task AddUserWithoutPermissionsAsync(string name, string password)
    {
        broker.SetUser(new TestBrokerUser(name, password) { VirtualHosts = [] });
        return Task.CompletedTask;
    }

    public Task ChangePasswordAsync(string name, string password)
    {
        broker.SetUser(new TestBrokerUser(name, password));
        return Task.CompletedTask;
    }

    public Task SetPolicyAsync(string name, string pattern, string definition, string applyTo, int priority = 0)
    {
        Dictionary<string, object?> values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(definition)!
            .ToDictionary(static pair => pair.Key, static pair => pair.Value.ValueKind == JsonValueKind.Number ? (object?)pair.Value.GetInt64() : pair.Value.GetString(), StringComparer.Ordinal);
        broker.SetPolicy(new TestBrokerPolicy(name, pattern, values, Enum.Parse<PolicyTarget>(applyTo, ignoreCase: true), priority));
        return Task.CompletedTask;
    }

    public Task ClearPolicyAsync(string name)
    {
        broker.RemovePolicy(name);
        return Task.CompletedTask;
    }

    public Task AddVirtualHostAsync(string name)
    {
        broker.AddVirtualHost(name);
        return Task.CompletedTask;
    }

    public Task DeleteVirtualHostAsync(string name)
    {
        Close(connection => string.Equals(connection.VirtualHost?.Name, name, StringComparison.Ordinal), string.Create(CultureInfo.InvariantCulture, $"vhost '{name}' is deleted"));
        broker.Node.Host.Turn((broker.Node.Host, name), static both => both.Host.Model.RemoveVirtualHost(both.name));
        return Task.CompletedTask;
    }

    public Task BlockAsync() => broker.BlockAsync();

    public Task UnblockAsync() => broker.UnblockAsync();

    public Task CloseConnectionAsync(string connectionName, string reason)
    {
        int number = broker.Connections().Single(connection => string.Equals(connection.ClientProvidedName, connectionName, StringComparison.Ordinal)).Number;
        Close(connection => connection.Number == number, reason);
        return Task.CompletedTask;
    }

    private void Close(Func<ServerConnection, bool> which, string reason) =>
        broker.Node.Host.Turn(broker.Node, node =>
        {
            foreach (ServerConnection connection in node.Connections().Where(which))
            {
                connection.Force(reason);
            }
        });
}
