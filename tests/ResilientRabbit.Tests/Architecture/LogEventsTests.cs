using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ResilientRabbit.Tests.Architecture;

public sealed class LogEventsTests
{
    private const BindingFlags AllStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly LoggerMessageAttribute[] Events =
    [
        .. typeof(IRabbitClient).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(AllStatic))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .OrderBy(static attribute => attribute.EventId),
    ];

    [Fact]
    public void Event_ids_and_names_are_unique()
    {
        Assert.NotEmpty(Events);
        Assert.Equal(Events.Length, Events.Select(static attribute => attribute.EventId).Distinct().Count());
        Assert.Equal(Events.Length, Events.Select(static attribute => attribute.EventName).Distinct(StringComparer.Ordinal).Count());
        Assert.All(Events, static attribute => Assert.InRange(attribute.EventId, 1000, 6999));
        Assert.All(Events, static attribute => Assert.False(string.IsNullOrEmpty(attribute.EventName)));
    }

    [Fact]
    public void No_event_takes_a_secret_or_a_body()
        => Assert.DoesNotContain(Events, static attribute =>
            attribute.Message.Contains("{Password", StringComparison.OrdinalIgnoreCase) || attribute.Message.Contains("{Body", StringComparison.OrdinalIgnoreCase));

    // Ids, names, levels and texts are what operators search and alert for: a change of one is a change of the API.
    [Fact]
    public void The_catalogue_of_events_is_the_approved_one()
        => Approval.Verify("LogEvents", string.Concat(Events.Select(static attribute =>
            string.Create(CultureInfo.InvariantCulture, $"{attribute.EventId} {attribute.EventName} {LevelOf(attribute)}: {attribute.Message}\n"))));

    // None means that each call says its level: the first of a row is a warning, its repetitions are not.
    private static string LevelOf(LoggerMessageAttribute attribute) => attribute.Level == LogLevel.None ? "(varies)" : attribute.Level.ToString();
}
