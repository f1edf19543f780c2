namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Writes the report: one line for each assignment that is ours.</summary>
internal sealed class OsloReportWriter(OsloStore store, OsloMapping mapping, OsloAddress address, IReadOnlyList<OsloProblem> problems, OsloSecrets secrets)
{
    private const int LongestValue = 200;

    private readonly List<OsloReportLine> _lines = [];
    private readonly List<string> _notices = [];

    public OsloConfigurationReport Write(IReadOnlyList<string> files, IReadOnlyList<string> problemTexts, string addressText)
    {
        List<OsloEntry> variables = [.. OsloOptions.All.SelectMany(option => mapping.Values.Get(option).Entries).Where(static entry => entry.Place.Line == 0)];
        foreach (OsloEntry entry in store.All.Concat(variables).Where(static entry => OsloOptions.Find(entry.Group, entry.Key) is not null || OsloOptions.IsOurs(entry.Group, entry.Key)))
        {
            _lines.Add(Describe(entry));
        }

        if (address is { Url: { } url, Source: { } source })
        {
            _notices.AddRange(url.Notices.Select(notice => $"{mapping.Values.Get(source).Place}: {source.FullName}: {notice}"));
        }
        else if (!address.IsFromUrl && problemTexts.Count == 0)
        {
            _notices.Add("no file says where the brokers are: oslo's default rabbit:// means guest at localhost:5672");
        }

        return new OsloConfigurationReport(files, _lines, problemTexts, _notices, addressText);
    }

    private OsloReportLine Describe(OsloEntry entry)
    {
        string place = entry.Place.ToString();
        if (OsloOptions.Find(entry.Group, entry.Key) is not { } option)
        {
            string nearest = NearestKey.Find(entry.Key, OsloOptions.All.Where(known => known.Names.Any(name => string.Equals(name.Group, entry.Group, StringComparison.Ordinal))).Select(static known => known.Name));
            string effect = $"No option of oslo.messaging, which ignores it; the nearest one is '{nearest}'.";
            _notices.Add($"{place}: [{Shorten(entry.Group)}] {Shorten(entry.Key)}: {effect}");
            return new OsloReportLine(Shorten(entry.Group), Shorten(entry.Key), place, OsloSecrets.Mask, OsloKeyFate.Unknown, effect, null);
        }

        OsloFound found = mapping.Values.Get(option);
        bool counts = found.Entries.Contains(entry);
        string? notice = NoticeFor(entry, option);
        if (notice is not null)
        {
            _notices.Add($"{place}: [{entry.Group}] {entry.Key}: {notice}");
        }

        (OsloKeyFate fate, string text) = FateOf(entry, option, found, counts);
        return new OsloReportLine(entry.Group, entry.Key, place, ValueOf(entry, option, found, counts), fate, secrets.HideIn(text, OsloValue.Write(found.Value)), notice);
    }

    private (OsloKeyFate Fate, string Effect) FateOf(OsloEntry entry, OsloOption option, OsloFound found, bool counts)
    {
        if (problems.Any(problem => problem.Place == entry.Place && problem.Key is not null))
        {
            return (OsloKeyFate.Refused, problems.First(problem => problem.Place == entry.Place && problem.Key is not null).Rule);
        }

        if (!counts)
        {
            return (OsloKeyFate.Overridden, $"{found.Place} wins.");
        }

        bool isAddress = OsloRemovedOptions.Address.Contains(option) || option == OsloTransportOptions.TransportUrl || option == OsloTransportOptions.NotificationUrl;
        if (isAddress && !DecidesAddress(option))
        {
            return option == OsloTransportOptions.NotificationUrl
                ? (OsloKeyFate.WithoutEffect, "The bus of the services was asked for, not that of the notifications.")
                : (OsloKeyFate.Overridden, $"{address.Source?.FullName} wins.");
        }

        return (option.Fate, mapping.EffectOf(option) is { } effect ? $"{effect}. {option.Effect}" : option.Effect);
    }

    private bool DecidesAddress(OsloOption option) => address.IsFromUrl
        ? option == address.Source
        : option != OsloRemovedOptions.Host || address.Source == OsloRemovedOptions.Host;

    private static string? NoticeFor(OsloEntry entry, OsloOption option)
    {
        string? modern = option.Modern is { } text ? $"is removed or deprecated in oslo.messaging; write {text}" : null;
        bool isCurrent = string.Equals(entry.Group, option.Group, StringComparison.Ordinal) && string.Equals(entry.Key, option.Name, StringComparison.Ordinal);
        return modern ?? (isCurrent ? null : $"is an old name or place; write {option.FullName}");
    }

    private string ValueOf(OsloEntry entry, OsloOption option, OsloFound found, bool counts)
    {
        if (option == OsloTransportOptions.TransportUrl || option == OsloTransportOptions.NotificationUrl)
        {
            return counts && found.Value is string text && TransportUrl.TryParse(text, out TransportUrl? url) is null ? url!.ToString() : OsloSecrets.Mask;
        }

        return option.IsSecret ? OsloSecrets.Mask : Shorten(secrets.HideValue(counts && found.Value is not null ? OsloValue.Write(found.Value) : entry.Value));
    }

    private static string Shorten(string text)
    {
        string printable = string.Concat(text.Take(LongestValue).Select(static character => char.IsControl(character) ? ' ' : character));
        return text.Length <= LongestValue ? printable : printable + "…";
    }
}
