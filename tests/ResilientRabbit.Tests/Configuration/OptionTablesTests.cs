using System.Collections;
using System.Globalization;
using System.Reflection;
using ResilientRabbit.Configuration.OpenStack;
using ResilientRabbit.Tests.Architecture;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

/// <summary>The tables of the documentation say what the code says.</summary>
public sealed class OptionTablesTests
{
    [Fact]
    public void Each_option_is_in_the_table_with_its_default_and_its_unit()
    {
        string[] page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "configuration.md"));
        IEnumerable<string> expected = AllRows();

        string missing = string.Join('\n', expected.Where(row => !page.Any(line => line.StartsWith(row, StringComparison.Ordinal))));

        Assert.True(missing.Length == 0, "docs/configuration.md has no line that begins with\n" + missing);
    }

    [Fact]
    public void The_table_has_no_option_that_does_not_exist()
    {
        string[] names = [.. AllRows().Select(static row => row.Split('`')[1])];
        IEnumerable<string> listed = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "configuration.md"))
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).Select(static line => line.Split('`')[1]);

        Assert.Empty(listed.Except(names, StringComparer.Ordinal));
    }

    [Fact]
    public void Each_option_of_OpenStack_is_in_the_table_with_what_becomes_of_it()
    {
        string[] page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "openstack.md"));
        IEnumerable<string> expected = OsloOptions.All.Select(static option =>
            $"| `{option.FullName}` | {(option.Deprecated.Count == 0 ? "" : string.Join(", ", option.Deprecated.Select(name => $"`[{(name.Group.Length == 0 ? option.Group : name.Group)}] {name.Name}`")))} | {option.Fate} | {option.Effect} |");

        string missing = string.Join('\n', expected.Where(row => !page.Contains(row, StringComparer.Ordinal)));

        Assert.True(missing.Length == 0, "docs/openstack.md has no line\n" + missing);
    }

    [Fact]
    public void Each_key_with_an_effect_has_a_test_that_sees_it_on_the_wire()
    {
        string[] tests = ["ConnectionEffectTests", "TlsEffectTests", "RetryEffectTests", "QueueEffectTests", "InteroperabilityTests"];
        string text = string.Join('\n', tests.Select(static name => File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "ResilientRabbit.OpenStackTests", name + ".cs"))));

        IEnumerable<string> untested = OsloOptions.All
            .Where(static option => option.Fate is OsloKeyFate.Applied or OsloKeyFate.Translated)
            .Where(option => !option.Names.Any(name => text.Contains(name.Name + " = ", StringComparison.Ordinal) || text.Contains(name.Name + "=", StringComparison.Ordinal)))
            .Select(static option => option.FullName);

        Assert.Empty(untested);
    }

    [Fact]
    public void Each_number_and_duration_is_bounded_by_default()
    {
        object[] groups = [new ResilientRabbitOptions(), new ConsumerOptions(), new MessageBridgeOptions()];

        Assert.Empty(groups.SelectMany(Unbounded));
    }

    private static IEnumerable<string> Unbounded(object options)
        => options.GetType().GetProperties().SelectMany(property => property.GetValue(options) switch
        {
            int number when number is < 0 or int.MaxValue => [property.Name],
            long number when number is < 0 or long.MaxValue => [property.Name],
            TimeSpan span when span < TimeSpan.Zero || span == TimeSpan.MaxValue => [property.Name],
            { } group when property.PropertyType.IsClass && group is not string and not IEnumerable and not Delegate => Unbounded(group),
            _ => [],
        });

    private static IEnumerable<string> AllRows()
        => Rows("", new ResilientRabbitOptions()).Concat(Rows("(consumer) ", new ConsumerOptions())).Concat(Rows("(health) ", new ResilientRabbitHealthOptions())).Concat(Rows("(bridge) ", new MessageBridgeOptions()));

    private static IEnumerable<string> Rows(string prefix, object options)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties())
        {
            string path = prefix + property.Name;
            object? value = property.GetValue(options);
            if (value is not null and not string and not IEnumerable && property.PropertyType.IsClass)
            {
                foreach (string row in Rows(path + ":", value))
                {
                    yield return row;
                }
            }
            else
            {
                yield return $"| `{path}` | {Default(value)} | {Unit(property)} |";
            }
        }
    }

    private static string Default(object? value) => value switch
    {
        null or ICollection { Count: 0 } => "none",
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        IEnumerable<TimeSpan> spans => string.Join(", ", spans.Select(static span => span.ToString("c", CultureInfo.InvariantCulture))),
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Unit(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type == typeof(TimeSpan) ? "duration"
            : type == typeof(bool) ? "true or false"
            : type.IsEnum ? "name"
            : type == typeof(string) ? "text"
            : property.Name.Contains("Bytes", StringComparison.Ordinal) || property.Name.Contains("Size", StringComparison.Ordinal) ? "bytes"
            : type == typeof(int) || type == typeof(long) ? "number"
            : typeof(IEnumerable).IsAssignableFrom(type) ? "list"
            : "code";
    }
}
