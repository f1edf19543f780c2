using System.Text;
using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Tests.Model;

/// <summary>A message without a wire.</summary>
internal sealed class FakeMessage(string exchange, string routingKey, string body = "") : Message(exchange, routingKey)
{
    public string Text { get; } = body;

    public override int BodyLength => Encoding.UTF8.GetByteCount(Text);

    public string? Ttl { get; init; }

    public byte? Importance { get; init; }

    public bool Persistent { get; init; }

    public IReadOnlyDictionary<string, object?>? Fields { get; init; }

    public override string? Expiration => Ttl;

    public override byte? Priority => Importance;

    public override bool IsPersistent => Persistent;

    public override IReadOnlyDictionary<string, object?>? Headers => Fields;

    public static FakeMessage To(string queue, string body = "") => new("", queue, body);

    public override Message DeadLettered(string exchange, string routingKey, IReadOnlyList<string> extraKeys, IReadOnlyDictionary<string, object?> headers) =>
        new FakeMessage(exchange, routingKey, Text) { Importance = Importance, Persistent = Persistent, Fields = headers, ExtraKeys = extraKeys };
}
