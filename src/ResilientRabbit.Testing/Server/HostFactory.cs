using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>Makes a cluster's shared state out of options.</summary>
internal static class HostFactory
{
    public static ClusterHost Create(TestBrokerOptions options, IEnumerable<string> nodeNames)
    {
        BrokerModel model = new(options.TimeProvider, options.ClusterName, nodeNames);
        foreach (string name in options.VirtualHosts)
        {
            model.AddVirtualHost(name);
        }

        foreach (TestBrokerUser user in options.Users)
        {
            AddUser(model, user);
        }

        return new ClusterHost(model, options.ExpiresByItself);
    }

    public static void AddUser(BrokerModel model, TestBrokerUser user)
    {
        // The same object for whoever is connected: new rights count from the next request on.
        if (!model.Users.TryGetValue(user.Name, out BrokerUser? added))
        {
            model.Users.Add(user.Name, added = new BrokerUser(user.Name));
        }

        (added.Password, added.Tags) = (user.Password, user.Tags);
        added.Permissions.Clear();
        foreach (string virtualHost in user.VirtualHosts ?? model.VirtualHosts.Select(static host => host.Name))
        {
            added.Permissions[virtualHost] = new Permissions(user.Configure, user.Write, user.Read);
        }
    }

    public static void AddVirtualHost(BrokerModel model, TestBrokerOptions options, string name)
    {
        model.AddVirtualHost(name);
        foreach (TestBrokerUser user in options.Users.Where(static user => user.VirtualHosts is null))
        {
            if (model.Users.TryGetValue(user.Name, out BrokerUser? known))
            {
                known.Permissions[name] = new Permissions(user.Configure, user.Write, user.Read);
            }
        }
    }
}
