namespace ResilientRabbit.Diagnostics;

/// <summary>The keys of tags. On metrics their values are few: exchanges, queues, endpoints, names of enumerations.</summary>
internal static class TelemetryTags
{
    // OpenTelemetry's semantic conventions for messaging, with those for RabbitMQ.
    public const string System = "messaging.system";
    public const string SystemRabbit = "rabbitmq";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Destination = "messaging.destination.name";
    public const string MessageId = "messaging.message.id";
    public const string ConversationId = "messaging.message.conversation_id";
    public const string BodySize = "messaging.message.body.size";
    public const string RoutingKey = "messaging.rabbitmq.destination.routing_key";
    public const string DeliveryTag = "messaging.rabbitmq.message.delivery_tag";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string ErrorType = "error.type";

    // From here on our own.
    public const string Client = "rabbitmq.client.name";
    public const string Bridge = "rabbitmq.client.bridge.name";
    public const string Outcome = "rabbitmq.client.outcome";
    public const string Role = "rabbitmq.client.connection.role";
    public const string State = "rabbitmq.client.state";
    public const string Reason = "rabbitmq.client.reason";
    public const string Attempts = "rabbitmq.client.publish.attempts";
    public const string Connection = "rabbitmq.client.connection.name";
    public const string Settlement = "rabbitmq.client.settlement";
    public const string Redelivered = "rabbitmq.client.redelivered";

    public const string Publish = "publish";
    public const string Send = "send";
    public const string Process = "process";
    public const string Receive = "receive";

    /// <summary>The conventions' name for the default exchange.</summary>
    public const string DefaultExchange = "amq.default";

    /// <summary>Stands for the destinations above the limit of a tag's values.</summary>
    public const string Other = "_OTHER";

    public static string ExchangeName(string exchange) => exchange.Length == 0 ? DefaultExchange : exchange;

    public static KeyValuePair<string, object?> Of(string key, object? value) => new(key, value);
}
