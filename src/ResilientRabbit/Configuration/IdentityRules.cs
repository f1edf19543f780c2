using System.Globalization;
using System.Text;

namespace ResilientRabbit.Configuration;

/// <summary>The rules of names and secrets.</summary>
internal static class IdentityRules
{
    private const int MaxShortString = 255;
    private const int MaxClientName = 3_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Check(ResilientRabbitOptions options, ProblemList problems)
    {
        CheckShortText(nameof(options.VirtualHost), options.VirtualHost, problems);
        CheckText(nameof(options.UserName), options.UserName, problems);
        CheckText(nameof(options.Password), options.Password, problems);
        problems.RequireDefined(nameof(options.Authentication), options.Authentication);
        CheckShortText(nameof(options.NodeNameProperty), options.NodeNameProperty, problems);
        if (options.CredentialsProvider is not null && options.Authentication == SaslMechanism.External)
        {
            problems.Add(nameof(options.CredentialsProvider), "is set, and Authentication is External, which sends no password; choose one of them");
        }

        if (options.ClientName is { } clientName)
        {
            CheckClientName(clientName, problems);
        }
    }

    public static void CheckShortText(string key, string? value, ProblemList problems)
    {
        CheckText(key, value, problems);
        if (ByteCount(value) > MaxShortString)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxShortString} bytes in UTF-8, has {ByteCount(value)}");
            problems.Add(key, rule);
        }
    }

    public static void CheckText(string key, string? value, ProblemList problems)
    {
        if (string.IsNullOrEmpty(value))
        {
            problems.Add(key, "must not be empty");
        }
        else if (value.Contains('\0', StringComparison.Ordinal))
        {
            // NUL separates user and password in SASL PLAIN: what follows it would be read as another value.
            problems.Add(key, "must not contain the NUL character");
        }
        else if (ByteCount(value) < 0)
        {
            problems.Add(key, "must be valid Unicode, has half of a surrogate pair");
        }
    }

    private static int ByteCount(string? value)
    {
        try
        {
            return StrictUtf8.GetByteCount(value ?? "");
        }
        catch (EncoderFallbackException)
        {
            return -1;
        }
    }

    private static void CheckClientName(string name, ProblemList problems)
    {
        const string Key = nameof(ResilientRabbitOptions.ClientName);
        if (string.IsNullOrWhiteSpace(name))
        {
            problems.Add(Key, "must not be empty; leave it out for the name of the entry assembly");
        }
        else if (name.Length > MaxClientName)
        {
            problems.Add(Key, string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxClientName} characters, has {name.Length}"));
        }
        else if (name.Any(char.IsControl) || ByteCount(name) < 0)
        {
            problems.Add(Key, "must be valid Unicode without control characters");
        }
        else if (name.Contains("://", StringComparison.Ordinal))
        {
            problems.Add(Key, "must not contain '://': the broker shows this name, and a URI may hold a password (the value is not shown)");
        }
    }
}
