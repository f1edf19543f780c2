namespace ResilientRabbit.Testing.Model;

/// <summary>A user with its rights in each virtual host.</summary>
internal sealed class BrokerUser(string name, string password, IReadOnlyList<string> tags)
{
    public string Name { get; } = name;

    public string Password { get; set; } = password;

    public IReadOnlyList<string> Tags { get; } = tags;

    public Dictionary<string, Permissions> Permissions { get; } = new(StringComparer.Ordinal);
}
