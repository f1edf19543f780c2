using System.Text;
using System.Text.Json;
using ResilientRabbit.Declaring;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management.Drift;

/// <summary>Compares descriptions with what a broker has listed. Pure.</summary>
internal sealed class DriftFinder(
    ResolvedTopology declared, IReadOnlyList<ExchangeInfo> exchanges, IReadOnlyList<QueueInfo> queues, IReadOnlyList<BindingInfo> bindings, IReadOnlyList<PolicyInfo> policies)
{
    private readonly List<DriftEntry> _entries = [];

    public IReadOnlyList<DriftEntry> Find(DeclarationDefaults defaults)
    {
        Topology effective = new EffectiveSpecs(defaults).Of(declared.Topology);
        foreach (ExchangeSpec exchange in effective.Exchanges)
        {
            Compare(exchange, exchanges.FirstOrDefault(found => IsSame(found.Name, exchange.Name)));
        }

        foreach (QueueSpec queue in effective.Queues)
        {
            Compare(queue, queues.FirstOrDefault(found => IsSame(found.Name, queue.Name)));
        }

        foreach (BindingSpec binding in effective.Bindings)
        {
            Find(binding);
        }

        foreach (PolicySpec policy in declared.Policies)
        {
            Compare(policy, policies.FirstOrDefault(found => IsSame(found.Name, policy.Name)));
        }

        return _entries;
    }

    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.Ordinal);

    private static string TextOf(bool isDurable, bool isAutoDelete) => $"{(isDurable ? "durable" : "transient")}{(isAutoDelete ? ", auto-delete" : "")}";

    private static string TextOf(object? value) => JsonTable.TextOf(value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : value);

    private static string TextOf(PolicySpec policy)
        => $"{policy.Pattern} on {PolicyTexts.Of(policy.ApplyTo)}, priority {policy.Priority}, {JsonTable.TextOf(policy.Definition)}";

    private static string TextOf(PolicyInfo policy)
        => $"{policy.Pattern} on {policy.ApplyTo}, priority {policy.Priority}, {{{string.Join(',', policy.Definition.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"\"{JsonEncodedText.Encode(pair.Key)}\":{JsonTable.Canonical(pair.Value)}"))}}}";

    private static string TextOf(SortedDictionary<string, string> arguments)
        => arguments.Count == 0 ? "none" : string.Join(", ", arguments.Select(static pair => $"{pair.Key}={pair.Value}"));

    private void Add(DriftKind kind, string entity, string? wanted = null, string? found = null) => _entries.Add(new DriftEntry(kind, entity, wanted, found));

    private void Compare(ExchangeSpec wanted, ExchangeInfo? found)
    {
        string entity = $"exchange '{wanted.Name}'";
        if (found is null)
        {
            Add(DriftKind.Missing, entity);
            return;
        }

        if (!IsSame(wanted.Type, found.Type))
        {
            Add(DriftKind.OtherType, entity, wanted.Type, found.Type);
        }

        CompareProperties(entity, (wanted.Durable == true, wanted.AutoDelete == true), (found.IsDurable, found.IsAutoDelete));
        CompareArguments(entity, wanted.Arguments, found.Arguments);
    }

    private void Compare(QueueSpec wanted, QueueInfo? found)
    {
        string entity = $"queue '{wanted.Name}'";
        if (found is null)
        {
            Add(DriftKind.Missing, entity);
            return;
        }

        Dictionary<string, object?> arguments = QueueArguments.Of(wanted);

        // Without a type the virtual host's default is as good as any.
        if (arguments.Remove(QueueArguments.Type, out object? type) && type is string text && !IsSame(text, found.Type))
        {
            Add(DriftKind.OtherType, entity, text, found.Type);
        }

        CompareProperties(entity, (wanted.Durable == true, wanted.AutoDelete == true), (found.IsDurable, found.IsAutoDelete));
        CompareArguments(entity, arguments, found.Arguments.Where(static pair => !IsSame(pair.Key, QueueArguments.Type)));
        CompareMirrors(wanted, found, entity);
    }

    private void CompareProperties(string entity, (bool IsDurable, bool IsAutoDelete) wanted, (bool IsDurable, bool IsAutoDelete) found)
    {
        if (wanted != found)
        {
            Add(DriftKind.OtherProperties, entity, TextOf(wanted.IsDurable, wanted.IsAutoDelete), TextOf(found.IsDurable, found.IsAutoDelete));
        }
    }

    // Only what differs is shown.
    private void CompareArguments(string entity, IReadOnlyDictionary<string, object?> wanted, IEnumerable<KeyValuePair<string, JsonElement>> found)
    {
        var here = new SortedDictionary<string, string>(wanted.ToDictionary(static pair => pair.Key, static pair => TextOf(pair.Value), StringComparer.Ordinal), StringComparer.Ordinal);
        var there = new SortedDictionary<string, string>(found.ToDictionary(static pair => pair.Key, static pair => JsonTable.Canonical(pair.Value), StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (string key in here.Keys.Intersect(there.Keys, StringComparer.Ordinal).Where(key => IsSame(here[key], there[key])).ToArray())
        {
            here.Remove(key);
            there.Remove(key);
        }

        if (here.Count + there.Count > 0)
        {
            Add(DriftKind.OtherArguments, entity, TextOf(here), TextOf(there));
        }
    }

    private void CompareMirrors(QueueSpec wanted, QueueInfo found, string entity)
    {
        string policy = ReplicatedTopology.MirrorPolicyName(wanted.Name);
        bool isMirrored = declared.Replication == Replication.Mirroring && declared.ReplicatedQueues.Contains(wanted.Name, StringComparer.Ordinal);
        if (isMirrored && policies.Any(known => IsSame(known.Name, policy)) && found.Policy is { } other && !IsSame(other, policy))
        {
            // A queue without a policy here is one of which the broker's statistics do not tell it yet.
            Add(DriftKind.PolicyNotInEffect, entity, policy, other);
        }
    }

    private void Find(BindingSpec wanted)
    {
        Dictionary<string, string> arguments = wanted.Arguments.ToDictionary(static pair => pair.Key, static pair => TextOf(pair.Value), StringComparer.Ordinal);
        bool isThere = bindings.Any(found => IsSame(found.Source, wanted.Exchange) && IsSame(found.Destination, wanted.Queue) && IsSame(found.DestinationType, "queue") && IsSame(found.RoutingKey, wanted.RoutingKey)
            && found.Arguments.Count == arguments.Count
            && found.Arguments.All(pair => arguments.TryGetValue(pair.Key, out string? value) && IsSame(value, JsonTable.Canonical(pair.Value))));
        if (!isThere)
        {
            Add(DriftKind.Missing, $"binding of queue '{wanted.Queue}' to exchange '{wanted.Exchange}' with the key '{wanted.RoutingKey}'");
        }
    }

    private void Compare(PolicySpec wanted, PolicyInfo? found)
    {
        string entity = $"policy '{wanted.Name}'";
        if (found is null)
        {
            Add(DriftKind.PolicyMissing, entity, TextOf(wanted));
        }
        else if (!IsSame(TextOf(wanted), TextOf(found)))
        {
            Add(DriftKind.PolicyChanged, entity, TextOf(wanted), TextOf(found));
        }
    }
}
