using ResilientRabbit.Publishing;

namespace ResilientRabbit.Tests.Publishing;

internal static class ConfirmWindowExtensions
{
    public static ulong Add(this ConfirmWindow window, PendingMessage message) => window.Add([message]);

    public static bool HasRoom(this ConfirmWindow window, int limit) => window.Room(limit).Messages > 0;

    public static bool Answer(this ConfirmWindow window, ulong tag, bool multiple, out PendingMessage? plain, out PendingMessage? returned)
        => window.Answer(TagRange.Of(tag, multiple), out plain, out returned);

    public static List<(PendingMessage Message, long Version)>? LateAnswer(this ConfirmWindow window, ulong tag, bool multiple)
        => window.LateAnswer(TagRange.Of(tag, multiple));

    /// <summary>Which message would be copied; it is left as it was.</summary>
    public static (PendingMessage Message, long Version)? Oldest(this ConfirmWindow window)
    {
        (PendingMessage Message, long Version)? oldest = window.BeginCopy();
        oldest?.Message.EndWrite();
        return oldest;
    }
}
