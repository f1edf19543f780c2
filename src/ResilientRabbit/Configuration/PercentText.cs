using System.Globalization;
using System.Text;

namespace ResilientRabbit.Configuration;

/// <summary>Percent-encoding of URIs. Our own: the runtime's decoder keeps broken escapes silently.</summary>
internal static class PercentText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="keepsBroken">Whether a '%' without two hexadecimal digits stands for itself, as in Python, or is a fault.</param>
    /// <param name="decoded">The decoded text.</param>
    /// <returns>Whether that was possible: every escape is whole (or kept) and the bytes are UTF-8.</returns>
    public static bool TryDecode(string text, bool keepsBroken, out string decoded)
    {
        decoded = text;
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        try
        {
            byte[] source = StrictUtf8.GetBytes(text);
            var bytes = new List<byte>(source.Length);
            for (int index = 0; index < source.Length; index++)
            {
                if (source[index] != (byte)'%')
                {
                    bytes.Add(source[index]);
                }
                else if (index + 2 < source.Length && byte.TryParse(source.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                {
                    bytes.Add(value);
                    index += 2;
                }
                else if (keepsBroken)
                {
                    bytes.Add(source[index]);
                }
                else
                {
                    return false;
                }
            }

            decoded = StrictUtf8.GetString([.. bytes]);
            return true;
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair before, or bytes that are no UTF-8 after the decoding.
            return false;
        }
    }

    /// <summary>Whether a '%' of the text is not followed by two hexadecimal digits.</summary>
    public static bool HasBrokenEscape(string text)
    {
        for (int index = text.IndexOf('%', StringComparison.Ordinal); index >= 0; index = text.IndexOf('%', index + 1))
        {
            if (index + 2 >= text.Length || !char.IsAsciiHexDigit(text[index + 1]) || !char.IsAsciiHexDigit(text[index + 2]))
            {
                return true;
            }
        }

        return false;
    }
}
