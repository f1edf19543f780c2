using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Management.Http;

/// <summary>Finds everything that is wrong with the options: the only rules, with and without a container.</summary>
/// <param name="optionsName">The name of the options to check; null for any.</param>
/// <param name="newList">Makes the list of problems, which knows the path; null for the default path.</param>
internal sealed class ManagementOptionsValidator(string? optionsName = null, Func<ProblemList>? newList = null) : IValidateOptions<ManagementOptions>
{
    private const int MaxAttempts = 100;
    private const int SmallestResponse = 1024;
    private const int LargestResponse = 1024 * 1024 * 1024;

    public ValidateOptionsResult Validate(string? name, ManagementOptions options)
    {
        if (optionsName is not null && !string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        ProblemList problems = newList?.Invoke() ?? new ProblemList(ManagementSection.DefaultPath);
        for (int i = 0; i < options.Addresses.Count; i++)
        {
            if (ManagementAddress.TryParse(options.Addresses[i], options.Tls.Enabled, out string problem) is null)
            {
                problems.Add(FormattableString.Invariant($"{nameof(options.Addresses)}:{i}"), problem);
            }
        }

        CheckIdentity(options, problems);
        problems.RequireDuration(nameof(options.ConnectTimeout), options.ConnectTimeout);
        problems.RequireDuration(nameof(options.RequestTimeout), options.RequestTimeout);
        problems.RequireDuration(nameof(options.RetryDelay), options.RetryDelay);
        problems.RequireRange(nameof(options.MaxAttempts), options.MaxAttempts, 1, MaxAttempts);
        problems.RequireRange(nameof(options.MaxResponseSize), options.MaxResponseSize, SmallestResponse, LargestResponse);

        TlsRules.Check(options.Tls, ManagementSettings.AddressesOf(options).Any(static address => address.IsTls), problems);
        return problems.Lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems.Lines);
    }

    private static void CheckIdentity(ManagementOptions options, ProblemList problems)
    {
        if (string.IsNullOrEmpty(options.VirtualHost))
        {
            problems.Add(nameof(options.VirtualHost), "must not be empty; the default virtual host is '/'");
        }

        if (options.CredentialsProvider is not null)
        {
            return;
        }

        if (string.IsNullOrEmpty(options.UserName) || options.UserName.Contains(':', StringComparison.Ordinal) || options.UserName.Any(char.IsControl))
        {
            problems.Add(nameof(options.UserName), "must not be empty and must not contain ':' or control characters: HTTP's basic authentication cannot carry them");
        }

        if (string.IsNullOrEmpty(options.Password) || options.Password.Any(char.IsControl))
        {
            problems.Add(nameof(options.Password), "must not be empty or contain control characters (the value is not shown)");
        }
    }
}
