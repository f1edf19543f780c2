using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A message as it was handed to the driver.</summary>
internal sealed record WrittenMessage(
    ulong Tag, string Exchange, string RoutingKey, bool Mandatory, IReadOnlyBasicProperties Properties, Dictionary<string, object?> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public bool Is(string text) => string.Equals(Text, text, StringComparison.Ordinal);

    public string MessageId => Properties.MessageId!;

    public long PublishId => (long)Headers[PublishChannel.PublishIdHeader]!;

    /// <summary>The mark of a copy; null on the first.</summary>
    public int? Attempt => (int?)Headers.GetValueOrDefault(PendingMessage.AttemptHeader);
}
