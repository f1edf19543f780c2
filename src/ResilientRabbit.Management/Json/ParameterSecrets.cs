using System.Collections;

namespace ResilientRabbit.Management.Json;

/// <summary>Finds what no text may repeat in the value of a parameter: its URIs, and the passwords in them.</summary>
internal static class ParameterSecrets
{
    public static IReadOnlyList<string> Of(object? value)
    {
        List<string> secrets = [];
        Collect(value, secrets);
        return secrets;
    }

    private static void Collect(object? value, List<string> secrets)
    {
        switch (value)
        {
            case string text when PasswordOf(text) is { } password:
                secrets.AddRange([text, password, Uri.UnescapeDataString(password)]);
                break;
            case IReadOnlyDictionary<string, object?> table:
                Collect(table.Values, secrets);
                break;
            case IEnumerable list and not string:
                foreach (object? item in list)
                {
                    Collect(item, secrets);
                }

                break;
        }
    }

    private static string? PasswordOf(string uri)
    {
        int start = uri.IndexOf("://", StringComparison.Ordinal);
        int end = uri.LastIndexOf('@');
        int colon = start < 0 || end < 0 ? -1 : uri.IndexOf(':', start + 3);
        return colon >= 0 && colon < end - 1 ? uri[(colon + 1)..end] : null;
    }
}
