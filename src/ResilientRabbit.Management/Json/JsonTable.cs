using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace ResilientRabbit.Management.Json;

/// <summary>Writes values of arguments and definitions: what AMQP tables and JSON both know. No reflection.</summary>
internal static class JsonTable
{
    private const int DeepestTable = 32;

    public static void WriteProperty(Utf8JsonWriter writer, string name, object? value)
    {
        writer.WritePropertyName(name);
        WriteValue(writer, name, value, depth: 0);
    }

    public static void WriteTable(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, object?> table)
    {
        writer.WriteStartObject(name);
        foreach ((string key, object? value) in table)
        {
            WriteProperty(writer, key, value);
        }

        writer.WriteEndObject();
    }

    public static void WriteTexts(Utf8JsonWriter writer, IEnumerable<string> texts)
    {
        writer.WriteStartArray();
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    /// <summary>Whether a value that was declared is the one that was found.</summary>
    public static bool IsSame(object? declared, JsonElement found) => string.Equals(TextOf(declared), Canonical(found), StringComparison.Ordinal);

    /// <summary>The JSON of a value, canonical: keys in order.</summary>
    /// <exception cref="ArgumentException">The value has no form in JSON.</exception>
    public static string TextOf(object? value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteValue(writer, "value", value, depth: 0);
        }

        using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
        return Canonical(document.RootElement);
    }

    /// <summary>The text of an element with the keys of all objects in order, so that equal values have equal texts.</summary>
    public static string Canonical(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', element.EnumerateObject().OrderBy(static property => property.Name, StringComparer.Ordinal)
            .Select(static property => $"\"{JsonEncodedText.Encode(property.Name)}\":{Canonical(property.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', element.EnumerateArray().Select(Canonical)) + "]",
        JsonValueKind.Number when element.TryGetDecimal(out decimal number) => (number / 1.000000000000000000000000000000000m).ToString(CultureInfo.InvariantCulture),
        JsonValueKind.String => $"\"{JsonEncodedText.Encode(element.GetString()!)}\"",
        _ => element.GetRawText(),
    };

    private static void WriteValue(Utf8JsonWriter writer, string name, object? value, int depth)
    {
        if (depth > DeepestTable)
        {
            throw new ArgumentException($"The value of '{name}' is nested more than {DeepestTable} levels deep.", nameof(value));
        }

        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case float or double or decimal: WriteNumber(writer, name, value); break;
            case sbyte or byte or short or ushort or int or uint or long: writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case ulong number: writer.WriteNumberValue(number); break;
            case JsonElement element: element.WriteTo(writer); break;
            case IReadOnlyDictionary<string, object?> table: WriteObject(writer, table, depth); break;
            case IDictionary<string, object?> table: WriteObject(writer, table, depth); break;
            case IEnumerable list and not byte[]: WriteList(writer, name, list, depth); break;
            default: throw new ArgumentException($"The value of '{name}' is a {value.GetType().Name}, which has no form in JSON; use text, numbers, booleans, lists and tables.", nameof(value));
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, object value)
    {
        if (value is decimal exact)
        {
            writer.WriteNumberValue(exact);
            return;
        }

        double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
        {
            throw new ArgumentException($"The value of '{name}' is not a finite number.", nameof(value));
        }

        writer.WriteNumberValue(number);
    }

    private static void WriteObject(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object?>> table, int depth)
    {
        writer.WriteStartObject();
        foreach ((string key, object? value) in table)
        {
            writer.WritePropertyName(key);
            WriteValue(writer, key, value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable list, int depth)
    {
        writer.WriteStartArray();
        foreach (object? item in list)
        {
            WriteValue(writer, name, item, depth + 1);
        }

        writer.WriteEndArray();
    }
}
