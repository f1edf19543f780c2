using System.Globalization;
using Xunit;

namespace ResilientRabbit.Management.Tests;

/// <summary>The tables of docs/management.md say what the code says.</summary>
public sealed class OptionTableTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Root(), "docs", "management.md"));

    [Fact]
    public void Each_option_is_in_the_table_with_its_default_and_no_other_is()
    {
        string[] expected = [.. Rows("", new ManagementOptions(), "Tls", "off").Concat(Rows("(health) ", new ManagementHealthOptions(), "", ""))];

        IEnumerable<string> found = Page.SkipWhile(static line => line is not "| option | default | |").Skip(2).TakeWhile(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(static line => string.Join('|', line.Split('|').Take(3)) + "|");

        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_call_is_in_the_table_from_the_command_line_to_code()
    {
        string text = string.Join('\n', Page);

        string[] missing = [.. typeof(IRabbitManagementClient).GetMethods().Select(static method => method.Name).Where(name => !name.Contains("UpstreamSet", StringComparison.Ordinal) && !text.Contains($"`{name}`", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Rows(string prefix, object options, string known, string knownDefault)
        => options.GetType().GetProperties().Select(property => $"| `{prefix}{property.Name}` | {(string.Equals(property.Name, known, StringComparison.Ordinal) ? knownDefault : TextOf(property.Name, property.GetValue(options)))} |");

    private static string TextOf(string name, object? value) => value switch
    {
        null => "none",
        IList<string> => name is "Addresses" ? "`localhost`" : "none",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
