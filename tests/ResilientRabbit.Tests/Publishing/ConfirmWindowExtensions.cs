using ResilientRabbit.Publishing;

namespace ResilientRabbit.Tests.Publishing;

internal static class ConfirmWindowExtensions
{
    public static ulong Add(this ConfirmWindow window, PendingMessage message) => window.Add([message]);

    public static bool HasRoom(this ConfirmWindow window, int limit) => window.Room(limit).Messages > 0;
}
