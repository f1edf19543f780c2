namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>What a basic.return carried.</summary>
public sealed record ReturnedMessage(ushort Code, string Text, string Exchange, string RoutingKey, string Body, string? MessageId);
