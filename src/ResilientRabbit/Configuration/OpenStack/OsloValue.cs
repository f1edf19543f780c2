using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Reads texts as oslo.config's types do (oslo_config/types.py), and writes values as Python would, for substitutions.</summary>
internal static class OsloValue
{
    private static readonly string[] TrueTexts = ["true", "1", "on", "yes"];
    private static readonly string[] FalseTexts = ["false", "0", "off", "no"];

    /// <summary>Reads a text. The value is a string, bool, long, double or list of strings, or null for an empty number.</summary>
    /// <returns>The broken rule, or null. It repeats the text unless the option is secret.</returns>
    public static string? TryRead(OsloOption option, string text, out object? value)
    {
        value = null;
        string shown = option.IsSecret ? "(the value is not shown)" : $"is {ProblemList.Quote(text)}";
        switch (option.Kind)
        {
            case OsloKind.Flag:
                value = Flag(text);
                return value is null ? $"must be true or false (or 1, on, yes, 0, off, no), {shown}" : null;
            case OsloKind.Integer or OsloKind.Port:
                return text.Trim().Length == 0 ? null : CheckRange(option, Integer(text), "a whole number", shown, out value);
            case OsloKind.Number:
                return text.Trim().Length == 0 ? null : CheckRange(option, Number(text), "a number", shown, out value);
            case OsloKind.List or OsloKind.Repeated:
                value = List(text);
                return null;
            default:
                value = text;
                return option.Choices.Count > 0 && !option.Choices.Contains(text, StringComparer.Ordinal)
                    ? $"must be {string.Join(" or ", option.Choices)}, {shown}"
                    : null;
        }
    }

    /// <summary>A value as Python's str() writes it.</summary>
    public static string Write(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "True" : "False",
        double number => number == Math.Floor(number) && Math.Abs(number) < 1e16
            ? number.ToString("F1", CultureInfo.InvariantCulture)
            : number.ToString("R", CultureInfo.InvariantCulture),
        IReadOnlyList<string> list => "[" + string.Join(", ", list.Select(static item => $"'{item}'")) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>A whole number as Python reads it: blanks around it, a sign, single underscores between digits. Null when it is none.</summary>
    public static long? Integer(string text)
    {
        string digits = text.Trim();
        bool isWellFormed = digits.Length > 0 && !digits.StartsWith('_') && !digits.EndsWith('_') && !digits.Contains("__", StringComparison.Ordinal)
            && !digits.StartsWith("+_", StringComparison.Ordinal) && !digits.StartsWith("-_", StringComparison.Ordinal);
        return isWellFormed && long.TryParse(digits.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : null;
    }

    private static bool? Flag(string text)
        => TrueTexts.Contains(text, StringComparer.OrdinalIgnoreCase) ? true : FalseTexts.Contains(text, StringComparer.OrdinalIgnoreCase) ? false : null;

    // Python's nan passes every range; no pause can be that long, so it is refused here.
    private static double? Number(string text)
        => double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    private static List<string> List(string text)
    {
        string trimmed = text.Trim().TrimEnd(',');
        return trimmed.Length == 0 ? [] : [.. trimmed.Split(',').Select(static item => item.Trim())];
    }

    private static string? CheckRange<T>(OsloOption option, T? number, string what, string shown, out object? value)
        where T : struct, IConvertible
    {
        value = number;
        double least = option.Min ?? (option.Kind == OsloKind.Port ? 0 : double.MinValue);
        double most = option.Max ?? (option.Kind == OsloKind.Port ? EndpointParser.MaxPort : double.MaxValue);
        double? comparable = number?.ToDouble(CultureInfo.InvariantCulture);
        if (comparable >= least && comparable <= most)
        {
            return null;
        }

        value = null;
        string range = (least, most) switch
        {
            (double.MinValue, double.MaxValue) => "",
            (_, double.MaxValue) => string.Create(CultureInfo.InvariantCulture, $", at least {least}"),
            (double.MinValue, _) => string.Create(CultureInfo.InvariantCulture, $", at most {most}"),
            _ => string.Create(CultureInfo.InvariantCulture, $" from {least} to {most}"),
        };
        return $"must be {what}{range}, {shown}";
    }
}
