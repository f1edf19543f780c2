using System.Globalization;
using Microsoft.Extensions.Options;

namespace ResilientRabbit.Configuration;

/// <summary>Finds everything that is wrong with the options of one client: the only rules, with and without a container.</summary>
/// <param name="optionsName">The name of the options to check; null for any.</param>
/// <param name="newList">Makes the list of problems, which knows the paths; null for the default paths.</param>
internal sealed class ResilientRabbitOptionsValidator(string? optionsName = null, Func<ProblemList>? newList = null) : IValidateOptions<ResilientRabbitOptions>
{
    public const string DefaultPath = nameof(ResilientRabbit);

    private const int MaxHeartbeatSeconds = 65_535;

    public ValidateOptionsResult Validate(string? name, ResilientRabbitOptions options)
    {
        if (optionsName is not null && !string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        ProblemList problems = newList?.Invoke() ?? new ProblemList(DefaultPath);
        EndpointRules.Check(options, problems);
        IdentityRules.Check(options, problems);
        TlsRules.Check(options, EndpointSet.Of(options).IsTls, problems);
        CheckTimes(options, problems);
        ModeRules.Check(options, problems);
        PublisherRules.Check(options.Publisher, problems);
        DefaultsRules.Check(options.Consumers, problems);
        DefaultsRules.Check(options.Declarations, problems);
        return problems.Lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems.Lines);
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
        problems.RequireDefined(nameof(options.EndpointOrder), options.EndpointOrder);
        problems.RequireRange(nameof(options.ReconnectStep), options.ReconnectStep ?? TimeSpan.Zero, TimeSpan.Zero, ProblemList.LongestDuration);
        if (options.ReconnectDelay > options.ReconnectMaxDelay)
        {
            problems.Add(nameof(options.ReconnectDelay), $"must be at most ReconnectMaxDelay ({options.ReconnectMaxDelay:c}), is {options.ReconnectDelay:c}");
        }
    }
}
