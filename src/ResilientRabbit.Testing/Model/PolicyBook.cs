namespace ResilientRabbit.Testing.Model;

/// <summary>The policies of a virtual host.</summary>
internal sealed class PolicyBook(VirtualHost virtualHost)
{
    private readonly Dictionary<string, Policy> _policies = new(StringComparer.Ordinal);

    /// <summary>Which one acts on a name; null for none.</summary>
    public Policy? For(string name, PolicyTarget target) => _policies.Count == 0
        ? null
        : _policies.Values.Where(policy => policy.Matches(name, target)).MaxBy(static policy => policy.Source.Priority);

    public void Set(Policy policy)
    {
        _policies[policy.Source.Name] = policy;
        Apply();
    }

    public bool Remove(string name)
    {
        bool removed = _policies.Remove(name);
        Apply();
        return removed;
    }

    private void Apply()
    {
        foreach (Exchange exchange in virtualHost.Exchanges.Where(static exchange => exchange.Name.Length > 0))
        {
            exchange.Policy = For(exchange.Name, PolicyTarget.Exchanges);
        }

        foreach (Queue queue in virtualHost.Queues.ToArray())
        {
            queue.Apply(For(queue.Name, PolicyTarget.Queues));
        }
    }
}
