using System.Globalization;
using System.Text;

namespace ResilientRabbit.Publishing;

/// <summary>The rules of AMQP short strings: at most 255 bytes of UTF-8 (AMQP 0-9-1, section 4.2.5.3).</summary>
internal static class NameRules
{
    private const int MaxBytes = 255;

    /// <summary>Returns null when the text can be sent as a short string, otherwise what is wrong with it.</summary>
    public static ArgumentException? Check(string? text, string parameter)
    {
        if (text is null)
        {
            return new ArgumentNullException(parameter);
        }

        // Three bytes of UTF-8 for each UTF-16 unit is the most there can be: the usual short name needs no count.
        if (text.Length > MaxBytes / 3)
        {
            int bytes = Encoding.UTF8.GetByteCount(text);
            if (bytes > MaxBytes)
            {
                return new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{parameter}' has {bytes} bytes of UTF-8; at most {MaxBytes} can be sent."), parameter);
            }
        }

        if (HasLoneSurrogate(text))
        {
            return new ArgumentException($"'{parameter}' holds half of a surrogate pair, which cannot be sent as UTF-8.", parameter);
        }

        return text.Contains('\0', StringComparison.Ordinal) ? new ArgumentException($"'{parameter}' holds a NUL character.", parameter) : null;
    }

    /// <summary>Whether the text holds half of a surrogate pair, which would arrive as another character.</summary>
    public static bool HasLoneSurrogate(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0)
        {
            return false;
        }

        for (int index = 0; index < text.Length; index++)
        {
            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            {
                index++;
            }
            else if (char.IsSurrogate(text[index]))
            {
                return true;
            }
        }

        return false;
    }
}
