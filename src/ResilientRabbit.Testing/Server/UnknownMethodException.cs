namespace ResilientRabbit.Testing.Server;

/// <summary>A method that AMQP 0-9-1 does not have: RabbitMQ hangs up without a word.</summary>
internal sealed class UnknownMethodException : Exception;
