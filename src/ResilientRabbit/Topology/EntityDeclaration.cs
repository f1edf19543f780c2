using RabbitMQ.Client;

namespace ResilientRabbit.Declaring;

/// <summary>Sends the declaration of one entity.</summary>
internal static class EntityDeclaration
{
    public static Task DeclareAsync(IChannel channel, object spec, CancellationToken cancellationToken) => spec switch
    {
        ExchangeSpec exchange => channel.ExchangeDeclareAsync(
            exchange.Name, exchange.Type, exchange.Durable ?? true, exchange.AutoDelete ?? false, Table(exchange.Arguments), cancellationToken: cancellationToken),
        QueueSpec queue => channel.QueueDeclareAsync(
            queue.Name, queue.Durable ?? true, queue.Exclusive, queue.AutoDelete ?? false, QueueArguments.Of(queue), cancellationToken: cancellationToken),
        BindingSpec binding => channel.QueueBindAsync(
            binding.Queue, binding.Exchange, binding.RoutingKey, Table(binding.Arguments), cancellationToken: cancellationToken),
        _ => throw new ArgumentException($"{spec.GetType().Name} is not an entity.", nameof(spec)),
    };

    private static Dictionary<string, object?> Table(IReadOnlyDictionary<string, object?> arguments) => new(arguments, StringComparer.Ordinal);
}
