namespace ResilientRabbit.Testing.Model;

/// <summary>How RabbitMQ writes an entity in its texts.</summary>
internal static class Resource
{
    public const string Exchange = "exchange";
    public const string Queue = "queue";

    public static string Text(string kind, string name, string virtualHost) => $"{kind} '{name}' in vhost '{virtualHost}'";

    /// <summary>Entity names come without line ends: RabbitMQ takes them out of what clients send.</summary>
    public static string Clean(string name) =>
        name.AsSpan().IndexOfAny('\r', '\n') < 0 ? name : name.Replace("\r", string.Empty, StringComparison.Ordinal).Replace("\n", string.Empty, StringComparison.Ordinal);
}
