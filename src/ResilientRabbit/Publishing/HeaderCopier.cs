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

    // Sizes on the wire (AMQP 0-9-1, section 4.2.5.5): a type octet, and a length of four octets before texts, tables and lists.
    private const int LongestNumber = 9;
    private const int TypeAndLength = 5;

    private int _bytes;
    private string _header;
    private ArgumentException? _error;

    /// <summary>Copies the headers into the target. Names that belong to the SDK are left out. Returns what is wrong, or null.</summary>
    public static ArgumentException? Copy(IDictionary<string, object?> source, Dictionary<string, object?> target)
    {
        var copier = default(HeaderCopier);
        try
        {
            return copier.CopyAll(source, target);
        }
        catch (Exception exception)
        {
            // Lists and tables may be the application's own kind, or be changed by another thread at this moment.
            return new ArgumentException($"Header '{copier._header}' cannot be read: {exception.Message}", "properties", exception);
        }
    }

    private ArgumentException? CopyAll(IDictionary<string, object?> source, Dictionary<string, object?> target)
    {
        foreach ((string name, object? value) in source)
        {
            if (name.StartsWith(OwnPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            _header = name;
            if (!Enter(name) || !TryCopy(value, 1, out object? copy))
            {
                return _error;
            }

            target[name] = copy;
        }

        return null;
    }

    private bool TryCopy(object? value, int depth, out object? copy)
    {
        copy = value;
        if (depth > MaxDepth)
        {
            return Refuse($"Header '{_header}' is nested more than {MaxDepth} deep, or contains itself.");
        }

        switch (value)
        {
            case null or bool or byte or sbyte or short or ushort or int or uint or long or float or double or decimal or AmqpTimestamp:
                return Count(LongestNumber);
            case string text when NameRules.HasLoneSurrogate(text):
                return Refuse($"Header '{_header}' holds half of a surrogate pair, which cannot be sent as UTF-8.");
            case string text:
                return Count(TypeAndLength + Encoding.UTF8.GetByteCount(text));
            case byte[] bytes:
                copy = bytes.Clone();
                return Count(TypeAndLength + bytes.Length);
            case BinaryTableValue binary:
                copy = new BinaryTableValue([.. binary.Bytes ?? []]);
                return Count(TypeAndLength + (binary.Bytes?.Length ?? 0));
            case IDictionary<string, object?> table:
                return TryCopyTable(table, depth, out copy);
            case IDictionary table:
                return TryCopyTable(table.Cast<DictionaryEntry>().Select(static entry => KeyValuePair.Create(entry.Key.ToString() ?? string.Empty, entry.Value)), depth, out copy);
            case IList list:
                return TryCopyList(list, depth, out copy);
            default:
                return Refuse($"Header '{_header}' has type {value.GetType()}, which an AMQP field table cannot hold. Convert it to a string, a number or a byte array.");
        }
    }

    private bool TryCopyTable(IEnumerable<KeyValuePair<string, object?>> table, int depth, out object? copy)
    {
        var entries = new Dictionary<string, object?>(StringComparer.Ordinal);
        copy = entries;
        if (!Count(TypeAndLength))
        {
            return false;
        }

        foreach ((string key, object? value) in table)
        {
            if (!Enter(key) || !TryCopy(value, depth + 1, out object? item))
            {
                return false;
            }

            if (!entries.TryAdd(key, item))
            {
                return Refuse($"Header '{_header}' holds a table with two keys of the text '{key}'.");
            }
        }

        return true;
    }

    private bool TryCopyList(IList list, int depth, out object? copy)
    {
        var items = new List<object?>();
        copy = items;
        if (!Count(TypeAndLength))
        {
            return false;
        }

        foreach (object? value in list)
        {
            if (!TryCopy(value, depth + 1, out object? item))
            {
                return false;
            }

            items.Add(item);
        }

        return true;
    }

    /// <summary>Checks and counts a name.</summary>
    private bool Enter(string name)
    {
        _error = NameRules.Check(name, "header name");
        return _error is null && Count(1 + Encoding.UTF8.GetByteCount(name));
    }

    private bool Count(int bytes)
    {
        _bytes += bytes;
        return _bytes <= MaxBytes || Refuse($"The headers are larger than {MaxBytes} bytes, the most that fits into one frame.");
    }

    private bool Refuse(string text)
    {
        _error = new ArgumentException(text, "properties");
        return false;
    }
}
