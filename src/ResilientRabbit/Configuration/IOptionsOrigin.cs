namespace ResilientRabbit.Configuration;

/// <summary>A place outside the program that options come from: a configuration section, or OpenStack's files.</summary>
internal interface IOptionsOrigin
{
    /// <summary>Gets what messages call the place, when they have no better one.</summary>
    string Path { get; }

    /// <summary>Reads it anew and puts the values into the options; what cannot be read is left as it is and reported.</summary>
    IReadOnlyList<string> Bind(ResilientRabbitOptions options);

    /// <summary>Adds how the user spells the options that this has set, and where.</summary>
    void Describe(IDictionary<string, string> aliases, IDictionary<string, string> places);

    /// <summary>Calls back after each change until the result is disposed.</summary>
    IDisposable Watch(Action changed, TimeProvider time);
}
