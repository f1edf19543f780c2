namespace ResilientRabbit.Testing.Model;

/// <summary>A node as the model sees it.</summary>
internal sealed class ModelNode(string name, int number)
{
    public string Name { get; } = name;

    /// <summary>Its place in the list of nodes.</summary>
    public int Number { get; } = number;

    /// <summary>Whether the others can work with it: up, not frozen, not paused.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>Nodes of different groups do not reach each other.</summary>
    public int Group { get; set; }
}
