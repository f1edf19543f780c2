using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>What the user of a connection may do in its virtual host.</summary>
internal sealed class AccessControl(BrokerUser user, VirtualHost virtualHost)
{
    public BrokerUser User { get; } = user;

    /// <exception cref="AmqpErrorException">403: the user may not.</exception>
    public void Check(Permission permission, string kind, string name)
    {
        // The default exchange has an empty name; rights and texts know it under this one.
        string known = kind is Resource.Exchange && name.Length == 0 ? "amq.default" : name;
        if (!User.Permissions.TryGetValue(virtualHost.Name, out Permissions? permissions) || !permissions.Allows(permission, known))
        {
            throw AmqpErrorException.Refused($"access to {Resource.Text(kind, known, virtualHost.Name)} refused for user '{User.Name}'");
        }
    }

    public void CheckQueue(Permission permission, string name) => Check(permission, Resource.Queue, name);

    public void CheckExchange(Permission permission, string name) => Check(permission, Resource.Exchange, name);
}
