using System.Text;

namespace ResilientRabbit.Declaring;

/// <summary>Checks names and routing keys for what the broker or the driver would refuse or silently change.</summary>
internal static class EntityName
{
    private const int MaxBytes = 255;
    private const string ReservedPrefix = "amq.";

    /// <summary>Whether only the broker gives such names.</summary>
    public static bool IsReserved(string name) => name.StartsWith(ReservedPrefix, StringComparison.Ordinal);

    /// <summary>Checks the name of something that exists or is to be consumed.</summary>
    public static void Validate(string name, string what, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(name, parameterName);
        if (name.Length == 0)
        {
            throw new ArgumentException($"The name of the {what} is empty.", parameterName);
        }

        ValidateText(name, $"The name of the {what}", parameterName);
        foreach (char character in name)
        {
            if (char.IsControl(character))
            {
                throw new ArgumentException($"The name of the {what} contains the control character U+{(int)character:X4}.", parameterName);
            }
        }
    }

    /// <summary>Checks the name of something that is to be declared.</summary>
    public static void ValidateDeclared(string name, string what, string parameterName)
    {
        Validate(name, what, parameterName);
        if (IsReserved(name))
        {
            throw new ArgumentException($"The name of the {what} '{name}' begins with '{ReservedPrefix}', which is reserved for the broker.", parameterName);
        }
    }

    /// <summary>Checks a routing key or any other short string of the protocol.</summary>
    public static void ValidateText(string text, string subject, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(text, parameterName);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                throw new ArgumentException(FormattableString.Invariant($"{subject} contains a lone surrogate at index {i} and has no UTF-8 form."), parameterName);
            }
        }

        int bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaxBytes)
        {
            throw new ArgumentException(FormattableString.Invariant($"{subject} has {bytes} bytes in UTF-8; at most {MaxBytes} are allowed."), parameterName);
        }
    }
}
