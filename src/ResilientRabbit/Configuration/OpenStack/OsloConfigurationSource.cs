namespace ResilientRabbit;

/// <summary>Says which OpenStack configuration files are read, and how.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class OsloConfigurationSource
{
    /// <summary>Initializes a new instance of the <see cref="OsloConfigurationSource"/> class.</summary>
    /// <param name="paths">See <see cref="Paths"/>.</param>
    public OsloConfigurationSource(params IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (string path in paths)
        {
            Paths.Add(path);
        }
    }

    /// <summary>Gets the files, in order: a value in a later one wins. A folder stands for its files <c>*.conf</c> in the order of their names, as oslo's <c>--config-dir</c>.</summary>
    /// <value>Empty by default; at least one is needed.</value>
    public IList<string> Paths { get; } = [];

    /// <summary>Gets or sets a value indicating whether the bus of the notifications is meant: <c>[oslo_messaging_notifications] transport_url</c> is used where it is written.</summary>
    /// <value><see langword="false"/> by default: <c>[DEFAULT] transport_url</c>.</value>
    public bool ForNotifications { get; set; }

    /// <summary>Gets or sets a value indicating whether environment variables <c>OS_GROUP__KEY</c> (for example <c>OS_DEFAULT__TRANSPORT_URL</c>) win over the files, as in oslo.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool UseEnvironment { get; set; } = true;

    /// <summary>Gets or sets how often the files are looked at for changes of the endpoints and credentials, when they were given to the container.</summary>
    /// <value>5 seconds by default; <see cref="TimeSpan.Zero"/> for never. At most 24 days.</value>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Returns the paths.</summary>
    /// <returns>The paths with commas.</returns>
    public override string ToString() => string.Join(", ", Paths);
}
