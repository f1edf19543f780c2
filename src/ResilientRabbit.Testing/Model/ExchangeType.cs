namespace ResilientRabbit.Testing.Model;

/// <summary>The types of exchange this broker has.</summary>
internal static class ExchangeType
{
    public const string Direct = "direct";
    public const string Fanout = "fanout";
    public const string Topic = "topic";
    public const string Headers = "headers";

    /// <exception cref="AmqpErrorException">503: there is no such type; ends the connection, as RabbitMQ does.</exception>
    public static void Check(string type)
    {
        if (type is not (Direct or Fanout or Topic or Headers))
        {
            throw AmqpErrorException.CommandInvalid($"unknown exchange type '{type}'");
        }
    }
}
