using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>What a broker tells about itself when a connection is opened.</summary>
internal static class ServerProperties
{
    /// <summary>A property that is text; null when there is none of that name.</summary>
    public static string? TextOf(IConnection connection, string key)
        => connection.ServerProperties is { } properties && properties.TryGetValue(key, out object? value)
            ? value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
            : null;
}
