namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>OpenStack's configuration files.</summary>
internal sealed class OsloOrigin(OsloConfigurationSource source) : IOptionsOrigin
{
    private OsloConfiguration? _last;

    public string Path => ResilientRabbitOptionsValidator.DefaultPath;

    /// <summary>Gets what was read last; reads it when nothing was.</summary>
    public OsloConfiguration Configuration => _last ?? Load();

    public IReadOnlyList<string> Bind(ResilientRabbitOptions options)
    {
        OsloConfiguration configuration = Load();
        if (configuration.IsValid)
        {
            configuration.ApplyTo(options);
        }

        return configuration.Report.Problems;
    }

    public void Describe(IDictionary<string, string> aliases, IDictionary<string, string> places)
    {
        foreach ((string option, string place) in Configuration.Places)
        {
            places[option] = place;
        }
    }

    public IDisposable Watch(Action changed, TimeProvider time) => new OsloFileWatch(source, changed, time);

    private OsloConfiguration Load()
    {
        OsloConfiguration configuration = OsloConfiguration.Load(source);
        _last = configuration;
        return configuration;
    }
}
