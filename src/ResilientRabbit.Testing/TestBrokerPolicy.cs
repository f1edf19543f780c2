using System.Diagnostics.CodeAnalysis;

namespace ResilientRabbit.Testing;

/// <summary>
/// A policy of a <see cref="TestBroker"/>, as an operator sets it with <c>rabbitmqctl set_policy</c>: what queues and exchanges get besides
/// their arguments. Of all that match a name the one with the highest priority acts.
/// </summary>
/// <remarks>
/// Acts: <c>max-length</c>, <c>max-length-bytes</c>, <c>message-ttl</c>, <c>expires</c>, <c>delivery-limit</c> (where an argument says the same, the
/// smaller value counts), <c>overflow</c>, <c>dead-letter-exchange</c>, <c>dead-letter-routing-key</c>, <c>alternate-exchange</c> (where an
/// argument says the same, the argument counts). RabbitMQ's other keys, such as <c>ha-mode</c>, are accepted and do nothing; mirrors come from
/// <see cref="TestClusterOptions.MirroredQueues"/>.
/// </remarks>
/// <param name="Name">The name; a second policy with it takes the place of the first.</param>
/// <param name="Pattern">A regular expression over the names of queues and exchanges; it matches anywhere in a name.</param>
/// <param name="Definition">Keys and values: numbers and strings.</param>
/// <param name="Target">What it applies to.</param>
/// <param name="Priority">The higher one wins.</param>
public sealed record TestBrokerPolicy(
    string Name,
    [property: StringSyntax(StringSyntaxAttribute.Regex)] string Pattern,
    IReadOnlyDictionary<string, object?> Definition,
    PolicyTarget Target = PolicyTarget.All,
    int Priority = 0);
