using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace ResilientRabbit.Configuration;

/// <summary>Finds everything that is wrong with the options of one client: the only rules, with and without a container.</summary>
/// <param name="optionsName">The name of the options to check; null for any.</param>
/// <param name="newList">Makes the list of problems, which knows the paths; null for the default paths.</param>
internal sealed class ResilientRabbitOptionsValidator(string? optionsName = null, Func<ProblemList>? newList = null) : IValidateOptions<ResilientRabbitOptions>
{
    public const string DefaultPath = nameof(ResilientRabbit);

    private const int MaxHeartbeatSeconds = 65_535;
    private const int MaxShortString = 255;
    private const int MaxClientName = 3_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public ValidateOptionsResult Validate(string? name, ResilientRabbitOptions options)
    {
        if (optionsName is not null && !string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        ProblemList problems = newList?.Invoke() ?? new ProblemList(DefaultPath);
        CheckEndpoints(options, problems);
        CheckIdentity(options, problems);
        CheckTimes(options, problems);
        PublisherRules.Check(options.Publisher, problems);
        return problems.Lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems.Lines);
    }

    private static void CheckEndpoints(ResilientRabbitOptions options, ProblemList problems)
    {
        problems.RequireRange(nameof(options.Port), options.Port, EndpointParser.MinPort, EndpointParser.MaxPort);
        for (int index = 0; index < options.Endpoints.Count; index++)
        {
            if (!EndpointParser.TryParse(options.Endpoints[index], options.Port, out _, out string problem))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(options.Endpoints)}:{index}"), problem);
            }
        }
    }

    private static void CheckIdentity(ResilientRabbitOptions options, ProblemList problems)
    {
        CheckText(nameof(options.VirtualHost), options.VirtualHost, problems);
        CheckText(nameof(options.UserName), options.UserName, problems);
        CheckText(nameof(options.Password), options.Password, problems);
        if (ByteCount(options.VirtualHost) > MaxShortString)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxShortString} bytes in UTF-8, has {ByteCount(options.VirtualHost)}");
            problems.Add(nameof(options.VirtualHost), rule);
        }

        if (options.ClientName is { } clientName)
        {
            CheckClientName(clientName, problems);
        }
    }

    private static void CheckText(string key, string? value, ProblemList problems)
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

    private static void CheckTimes(ResilientRabbitOptions options, ProblemList problems)
    {
        // The protocol carries whole seconds in 16 bits; the driver would cut 1.9 s to 1 s and 0.9 s to "no heartbeat".
        if (options.Heartbeat.TotalSeconds is < 1 or > MaxHeartbeatSeconds || options.Heartbeat.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            string longest = TimeSpan.FromSeconds(MaxHeartbeatSeconds).ToString("c", CultureInfo.InvariantCulture);
            problems.Add(nameof(options.Heartbeat), $"must be whole seconds from 00:00:01 to {longest}, is {options.Heartbeat:c}");
        }

        problems.RequireDuration(nameof(options.ConnectTimeout), options.ConnectTimeout);
        problems.RequireDuration(nameof(options.ReconnectDelay), options.ReconnectDelay);
        problems.RequireDuration(nameof(options.ReconnectMaxDelay), options.ReconnectMaxDelay);
        problems.RequireDuration(nameof(options.RequestTimeout), options.RequestTimeout);
        problems.RequireDuration(nameof(options.ShutdownTimeout), options.ShutdownTimeout);
        if (options.ReconnectDelay > options.ReconnectMaxDelay)
        {
            problems.Add(nameof(options.ReconnectDelay), $"must be at most ReconnectMaxDelay ({options.ReconnectMaxDelay:c}), is {options.ReconnectDelay:c}");
        }
    }
}
