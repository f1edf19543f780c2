using System.Globalization;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using ResilientRabbit.Configuration.OpenStack;

namespace ResilientRabbit;

/// <summary>The messaging settings of OpenStack configuration files (nova.conf, neutron.conf, …), read as oslo.config reads them.</summary>
/// <remarks>Immutable; reading never connects. What no file says leaves the SDK's own defaults in force.</remarks>
public sealed class OsloConfiguration
{
    private const int MostProblems = 50;

    private readonly OsloMapping? _mapping;

    private OsloConfiguration(OsloMapping? mapping, OsloAddress? address, OsloConfigurationReport report)
    {
        Address = address;
        _mapping = mapping;
        Report = report;
    }

    /// <summary>Gets what was found and what became of it.</summary>
    public OsloConfigurationReport Report { get; }

    /// <summary>Gets a value indicating whether the files can be used.</summary>
    public bool IsValid => Report.Problems.Count == 0;

    /// <summary>Gets the values as oslo computes them; null when a file could not be read.</summary>
    internal OsloValues? Values => _mapping?.Values;

    internal OsloAddress? Address { get; }

    /// <summary>Gets where each option of the SDK was written.</summary>
    internal IReadOnlyDictionary<string, string> Places => _mapping?.Places ?? new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the exchange under which OpenStack's topics are.</summary>
    /// <value><c>openstack</c> where no file says it; each OpenStack service sets its own name in its code (<c>nova</c>, <c>neutron</c>, …).</value>
    public string ControlExchange => _mapping?.Values.Text(OsloTransportOptions.ControlExchange) ?? "openstack";

    /// <summary>Gets the topics of the notifications; the queue of one is the topic, a dot and the priority, for example <c>notifications.info</c>.</summary>
    /// <value><c>notifications</c> where no file says it.</value>
    public IReadOnlyList<string> NotificationTopics => _mapping?.Values.List(OsloTransportOptions.Topics) ?? ["notifications"];

    /// <summary>Reads files; see <see cref="OsloConfigurationSource.Paths"/>.</summary>
    /// <param name="paths">The files and folders, in order: a value in a later one wins.</param>
    /// <returns>The configuration, also when it is not valid: the report then says why.</returns>
    public static OsloConfiguration Load(params IEnumerable<string> paths) => Load(new OsloConfigurationSource(paths));

    /// <summary>Reads files.</summary>
    /// <param name="source">Which files, and how.</param>
    /// <returns>The configuration, also when it is not valid: the report then says why.</returns>
    public static OsloConfiguration Load(OsloConfigurationSource source) => Load(source, Environment.GetEnvironmentVariable);

    internal static OsloConfiguration Load(OsloConfigurationSource source, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<OsloProblem> problems = [];
        var store = new OsloStore(source.UseEnvironment ? environment : null);
        List<string> files = Read(source, store, problems);
        if (problems.Count > 0)
        {
            // The values of half a configuration would only raise false alarms.
            return new OsloConfiguration(null, null, new OsloConfigurationReport(files, [], Texts(problems, []), [], ""));
        }

        var values = new OsloValues(store, problems);
        OsloAddress address = OsloAddress.Find(values, source.ForNotifications, problems);
        if (address is { Url: { } url, Source: { } option } && values.Get(option).Place is { } place)
        {
            values.Override(url.Query, place);
        }

        var mapping = new OsloMapping(values, problems);
        OsloConnectionMapping.Map(mapping, address);
        OsloQueueMapping.Map(mapping);
        (IReadOnlyList<string> broken, string shown) = problems.Count > 0 ? ([], "") : Check(mapping);
        var secrets = new OsloSecrets(values, address);
        List<string> texts = [.. Texts(problems, broken).Select(secrets.Hide)];
        return new OsloConfiguration(mapping, address, new OsloReportWriter(store, mapping, address, problems, secrets).Write(files, texts, shown));
    }

    /// <summary>Makes the options that the files say.</summary>
    /// <returns>New options.</returns>
    /// <exception cref="OptionsValidationException">The files cannot be used; all problems are listed with file, line and key.</exception>
    public ResilientRabbitOptions CreateOptions()
    {
        var options = new ResilientRabbitOptions();
        ApplyTo(options);
        return options;
    }

    /// <summary>Sets what the files say; all other options stay as they are.</summary>
    /// <param name="options">The options to change.</param>
    /// <exception cref="OptionsValidationException">The files cannot be used; all problems are listed with file, line and key.</exception>
    public void ApplyTo(ResilientRabbitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!IsValid)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(ResilientRabbitOptions), Report.Problems);
        }

        _mapping!.ApplyTo(options);
    }

    private static List<string> Read(OsloConfigurationSource source, OsloStore store, List<OsloProblem> problems)
    {
        if (source.Paths.Count == 0)
        {
            problems.Add(new OsloProblem(new OsloPlace("(no file)", 0), null, "at least one file or folder must be named"));
        }

        List<string> files = [];
        foreach (string file in OsloFiles.Expand(source.Paths, problems))
        {
            if (OsloFiles.TryRead(file, problems) is { } text)
            {
                files.Add(file);
                (IReadOnlyList<OsloEntry> entries, IReadOnlyList<OsloProblem> faults) = OsloFileReader.Read(file, text);
                store.AddFile(entries);
                problems.AddRange(faults);
            }
        }

        return files;
    }

    // The same rules as for all other options, told with file and line.
    private static (IReadOnlyList<string> Problems, string Address) Check(OsloMapping mapping)
    {
        var options = new ResilientRabbitOptions();
        mapping.ApplyTo(options);
        var list = new ProblemList(ResilientRabbitOptionsValidator.DefaultPath, places: mapping.Places);
        ValidateOptionsResult result = new ResilientRabbitOptionsValidator(null, () => list).Validate(null, options);
        return (list.Lines, result.Failed ? "" : Show(ClientSettings.From(options)));
    }

    private static string Show(ClientSettings settings)
    {
        IEnumerable<string> endpoints = settings.Endpoints.Select(endpoint => $"{settings.CredentialsOf(endpoint)}@{endpoint}");
        return $"{string.Join(", ", endpoints)}, virtual host {settings.VirtualHost}, {(settings.Tls is null ? "without TLS" : "over TLS")}";
    }

    private static List<string> Texts(List<OsloProblem> problems, IReadOnlyList<string> broken)
    {
        List<string> texts = [.. problems.Select(static problem => problem.ToString()).Concat(broken).Distinct(StringComparer.Ordinal)];
        if (texts.Count > MostProblems)
        {
            string rest = (texts.Count - MostProblems).ToString(CultureInfo.InvariantCulture);
            texts.RemoveRange(MostProblems, texts.Count - MostProblems);
            texts.Add($"(and {rest} more problems)");
        }

        return texts;
    }
}
