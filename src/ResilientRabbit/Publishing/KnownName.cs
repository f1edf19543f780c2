namespace ResilientRabbit.Publishing;

/// <summary>Checks names by <see cref="NameRules"/>, and remembers the last good one: most messages have the same text object as the one before. Thread-safe.</summary>
/// <param name="parameter">What the name is, for the exception.</param>
internal sealed class KnownName(string parameter)
{
    private string? _good;

    /// <summary>Returns null when the text can be sent as a short string, otherwise what is wrong with it.</summary>
    public ArgumentException? Check(string? text)
    {
        if (text is not null && ReferenceEquals(text, Volatile.Read(ref _good)))
        {
            return null;
        }

        ArgumentException? error = NameRules.Check(text, parameter);
        if (error is null)
        {
            Volatile.Write(ref _good, text);
        }

        return error;
    }
}
