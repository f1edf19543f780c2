namespace ResilientRabbit.Testing.Model;

/// <summary>A node as the model sees it.</summary>
internal sealed class ModelNode(string name, int number)
{
    public string Name { get; } = name;

    /// <summary>Its place in the list of nodes.</summary>
    public int Number { get; } = number;

    /// <summary>Whether its process runs and answers the others: neither killed nor frozen.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>Whether it has paused itself because it sees no majority.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether the others can work with it.</summary>
    public bool IsAlive => IsUp && !IsPaused;

    /// <summary>Nodes of different groups do not reach each other.</summary>
    public int Group { get; set; }
}
