using System.Text.RegularExpressions;

namespace ResilientRabbit.Testing.Model;

/// <summary>A policy that was checked, and what it makes of the arguments it meets.</summary>
internal sealed class Policy
{
    // Of these the smaller value counts when an argument says the same; of the others the argument does.
    private static readonly string[] Limits = ["max-length", "max-length-bytes", "message-ttl", "expires", "delivery-limit"];
    private static readonly string[] Texts = ["overflow", "dead-letter-exchange", "dead-letter-routing-key", AlternateExchange];

    private static readonly string[] WithoutEffect =
    [
        "ha-mode", "ha-params", "ha-sync-mode", "ha-sync-batch-size", "ha-promote-on-shutdown", "ha-promote-on-failure", "queue-mode",
        "queue-version", "queue-master-locator", "queue-leader-locator", "max-in-memory-length", "max-in-memory-bytes", "dead-letter-strategy",
        "federation-upstream", "federation-upstream-set", "max-age", "stream-max-segment-size-bytes",
    ];

    private const string AlternateExchange = "alternate-exchange";

    private readonly Regex _pattern;

    /// <exception cref="ArgumentException">A key is not known, a value has the wrong type, or the pattern is none.</exception>
    public Policy(TestBrokerPolicy policy)
    {
        Source = policy;
        _pattern = new Regex(policy.Pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        if (policy.Definition.Count == 0)
        {
            throw new ArgumentException($"The policy '{policy.Name}' defines nothing.", nameof(policy));
        }

        foreach ((string key, object? value) in policy.Definition)
        {
            Check(policy.Name, key, value);
        }
    }

    public TestBrokerPolicy Source { get; }

    /// <summary>For an exchange: where to send what no binding takes.</summary>
    public string? Alternate => Source.Definition.GetValueOrDefault(AlternateExchange) as string;

    public bool Matches(string name, PolicyTarget target) => (Source.Target == PolicyTarget.All || Source.Target == target) && _pattern.IsMatch(name);

    /// <summary>The arguments of a queue together with this policy.</summary>
    public IReadOnlyDictionary<string, object?> With(IReadOnlyDictionary<string, object?> arguments)
    {
        Dictionary<string, object?> both = new(arguments, StringComparer.Ordinal);
        foreach ((string key, object? value) in Source.Definition)
        {
            string name = "x-" + key;
            if (Limits.Contains(key, StringComparer.Ordinal) && QueueArguments.Long(arguments, name) is { } own && FieldValue.TryInteger(value, out long limit))
            {
                both[name] = Math.Min(own, limit);
            }
            else
            {
                both.TryAdd(name, value);
            }
        }

        return both;
    }

    private static void Check(string policy, string key, object? value)
    {
        bool isLimit = Limits.Contains(key, StringComparer.Ordinal);
        bool isText = Texts.Contains(key, StringComparer.Ordinal);
        if (!isLimit && !isText && !WithoutEffect.Contains(key, StringComparer.Ordinal))
        {
            throw new ArgumentException($"The policy '{policy}' has the key '{key}', which is not recognised.");
        }

        if (isLimit && !(FieldValue.TryInteger(value, out long number) && number >= 0))
        {
            throw new ArgumentException($"The policy '{policy}' needs a whole number, not below 0, for '{key}'.");
        }

        if (isText && value is not string)
        {
            throw new ArgumentException($"The policy '{policy}' needs a string for '{key}'.");
        }
    }
}
