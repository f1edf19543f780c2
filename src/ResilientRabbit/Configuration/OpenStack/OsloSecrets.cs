namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Takes secrets out of texts for people. A value may hold one without being one: a file name that refers to the password, an address with credentials.</summary>
internal sealed class OsloSecrets
{
    public const string Mask = "***";

    // The default is known to everybody, and masking it would hide the user of the same name.
    private const string NoSecret = "guest";

    private readonly List<string> _secrets;

    public OsloSecrets(OsloValues values, OsloAddress address)
    {
        IEnumerable<string> passwords = address.Url?.Hosts.Select(static host => host.Credentials.Password) ?? [];
        IEnumerable<string> options = OsloOptions.All.Where(static option => option.IsSecret).Select(values.Text);
        _secrets = [.. passwords.Concat(options).Where(static secret => secret.Length > 0 && secret is not NoSecret).Distinct(StringComparer.Ordinal).OrderByDescending(static secret => secret.Length)];
    }

    /// <summary>Replaces every secret in a text.</summary>
    public string Hide(string text) => _secrets.Aggregate(text, static (result, secret) => result.Replace(secret, Mask, StringComparison.Ordinal));

    /// <summary>Replaces every secret in a text that may quote a value, and the value when it looks like an address with credentials.</summary>
    public string HideIn(string text, string value)
        => Hide(value.Length > 0 && HideValue(value) is Mask ? text.Replace(value, Mask, StringComparison.Ordinal) : text);

    /// <summary>Replaces every secret in a value, and the whole of one that looks like an address with credentials.</summary>
    public string HideValue(string value)
        => value.Contains('@', StringComparison.Ordinal) || value.Contains("://", StringComparison.Ordinal) ? Mask : Hide(value);
}
