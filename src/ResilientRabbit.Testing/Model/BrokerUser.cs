namespace ResilientRabbit.Testing.Model;

/// <summary>A user with its rights in each virtual host.</summary>
internal sealed class BrokerUser(string name)
{
    public string Name { get; } = name;

    public string Password { get; set; } = "";

    public IReadOnlyList<string> Tags { get; set; } = [];

    public Dictionary<string, Permissions> Permissions { get; } = new(StringComparer.Ordinal);
}
