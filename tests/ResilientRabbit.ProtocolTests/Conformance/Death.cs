using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>The x-death headers of a message as text, so that a difference can be read.</summary>
public static class Death
{
    /// <summary>The entries of x-death, first one first; the time is left out and must be there.</summary>
    public static IReadOnlyList<string> Read(IReadOnlyBasicProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return [.. ((List<object?>)properties.Headers!["x-death"]!).Select(static entry => Describe((IDictionary<string, object?>)entry!))];
    }

    /// <summary>The three x-first-death headers.</summary>
    public static string First(IReadOnlyBasicProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return $"{Text(properties.Headers!["x-first-death-reason"])} {Text(properties.Headers["x-first-death-queue"])} {Text(properties.Headers["x-first-death-exchange"])}";
    }

    private static string Describe(IDictionary<string, object?> entry)
    {
        _ = (AmqpTimestamp)entry["time"]!;
        IEnumerable<string> fields = entry.Where(static field => field.Key is not "time").OrderBy(static field => field.Key, StringComparer.Ordinal).Select(static field => $"{field.Key}={Text(field.Value)}");
        return string.Join(' ', fields);
    }

    private static string Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        List<object?> list => $"[{string.Join(',', list.Select(Text))}]",
        null => "null",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}:{value.GetType().Name}"),
    };
}
