using System.Collections;
using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Copies headers deeply and refuses, before anything is sent, what cannot be encoded: types the field table does not know, cycles and
/// deep nesting, and tables that would not fit into a frame (for which the broker would close the connection).
/// </summary>
internal struct HeaderCopier
{
    /// <summary>Deeper nesting is refused: decoders recurse, and one message could end every consumer.</summary>
    public const int MaxDepth = 32;

    /// <summary>RabbitMQ's default frame limit of 128 KiB, less room for the properties and the frame itself.</summary>
    public const int MaxBytes = (128 * 1024) - 4096;

    private const string OwnPrefix = "x-publish-";

    private int _bytes;

    /// <summary>Copies the headers into the target. Names that belong to the SDK are left out.</summary>
    public static ArgumentException? Copy(IDictionary<string, object?> source, Dictionary<string, object?> target)
    {
        var copier = default(HeaderCopier);
        foreach ((string name, object? value) in source)
        {
            if (name.StartsWith(OwnPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (NameRules.Check(name, "header name") is { } badName)
            {
                return badName;
            }

            copier._bytes += name.Length + 6;
            object? copy = copier.CopyValue(name, value, 1, out ArgumentException? error);
            if (error is not null)
            {
                return error;
            }

            target[name] = copy;
        }

        return copier._bytes > MaxBytes ? TooLarge() : null;
    }

    private static ArgumentException TooLarge()
        => new($"The headers are larger than {MaxBytes} bytes, the most that fits into one frame.", "properties");

    private object? CopyValue(string name, object? value, int depth, out ArgumentException? error)
    {
        error = null;
        if (depth > MaxDepth)
        {
            error = new ArgumentException($"Header '{name}' is nested more than {MaxDepth} deep, or contains itself.", "properties");
            return null;
        }

        switch (value)
        {
            case null or bool or byte or sbyte or short or ushort or int or uint or long or float or double or decimal or AmqpTimestamp:
                _bytes += 9;
                return value;
            case string text:
                _bytes += 5 + Encoding.UTF8.GetByteCount(text);
                break;
            case byte[] bytes:
                _bytes += 5 + bytes.Length;
                break;
            case BinaryTableValue binary:
                _bytes += 5 + (binary.Bytes?.Length ?? 0);
                return new BinaryTableValue([.. binary.Bytes ?? []]);
            case IDictionary<string, object?> table:
                return CopyTable(name, table, depth, out error);
            case IDictionary table:
                return CopyTable(name, table.Cast<DictionaryEntry>().ToDictionary(static entry => entry.Key.ToString()!, static entry => entry.Value, StringComparer.Ordinal), depth, out error);
            case IList list:
                return CopyList(name, list, depth, out error);
            default:
                error = new ArgumentException($"Header '{name}' has type {value.GetType()}, which an AMQP field table cannot hold. Convert it to a string, a number or a byte array.", "properties");
                return null;
        }

        if (_bytes > MaxBytes)
        {
            error = TooLarge();
        }

        return value is byte[] array ? array.Clone() : value;
    }

    private Dictionary<string, object?>? CopyTable(string name, IDictionary<string, object?> table, int depth, out ArgumentException? error)
    {
        var copy = new Dictionary<string, object?>(table.Count, StringComparer.Ordinal);
        foreach ((string key, object? value) in table)
        {
            error = NameRules.Check(key, "header name");
            _bytes += key.Length + 6;
            copy[key] = error is null ? CopyValue(name, value, depth + 1, out error) : null;
            if (error is not null)
            {
                return null;
            }
        }

        error = null;
        return copy;
    }

    private List<object?>? CopyList(string name, IList list, int depth, out ArgumentException? error)
    {
        var copy = new List<object?>(list.Count);
        foreach (object? value in list)
        {
            copy.Add(CopyValue(name, value, depth + 1, out error));
            if (error is not null)
            {
                return null;
            }
        }

        error = null;
        return copy;
    }
}
