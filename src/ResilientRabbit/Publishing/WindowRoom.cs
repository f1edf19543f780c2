namespace ResilientRabbit.Publishing;

/// <summary>How much more a window takes.</summary>
/// <param name="Messages">Zero when it is full, by messages or by bytes.</param>
/// <param name="Bytes">At least zero; one message may be larger.</param>
internal readonly record struct WindowRoom(int Messages, long Bytes);
