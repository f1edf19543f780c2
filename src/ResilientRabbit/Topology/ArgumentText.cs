using System.Collections;
using System.Globalization;

namespace ResilientRabbit.Declaring;

/// <summary>Arguments as a text that is another one wherever the broker sees other arguments: it compares types, too.</summary>
internal static class ArgumentText
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => string.Create(CultureInfo.InvariantCulture, $"text:{text.Length}:{text}"),
        byte[] bytes => "bytes:" + Convert.ToHexString(bytes),
        IEnumerable<KeyValuePair<string, object?>> table => $"{{{string.Join(',', table.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{Of(pair.Key)}={Of(pair.Value)}"))}}}",
        IList list => $"[{string.Join(',', list.Cast<object?>().Select(Of))}]",
        IFormattable number => $"{number.GetType().Name}:{number.ToString(null, CultureInfo.InvariantCulture)}",
        _ => $"{value.GetType().Name}:{value}",
    };
}
