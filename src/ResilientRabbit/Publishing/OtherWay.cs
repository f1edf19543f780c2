using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Where to go when a session is silent: what is silent with it must not be asked, and connections to one address are often silent together.</summary>
internal static class OtherWay
{
    /// <summary>Of these sessions one that takes messages and is answered, to another address than that of the silent one; of several the one that has been receiving and taking bytes most lately. Null when there are none.</summary>
    public static IPublishSession? Of(IEnumerable<IPublishSession> sessions, IPublishSession? silent)
    {
        RabbitEndpoint? address = silent?.Server;
        return sessions.MinBy(session => (session.IsBlocked || session.IsUnanswered, address is not null && session.Server == address, Rest(session)));
    }

    /// <summary>The one to be asked whether it is the session that is silent; null when there is none that could answer.</summary>
    public static IPublishSession? ToAsk(IEnumerable<IPublishSession> sessions, IPublishSession silent, TimeSpan stallLimit)
        => Of(sessions.Where(session => session != silent && session is { IsDead: false, IsBlocked: false, IsUnanswered: false } && session.WriteStall < stallLimit), silent);

    private static TimeSpan Rest(IPublishSession session) => session.Silence > session.WriteStall ? session.Silence : session.WriteStall;
}
