using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Where to go when a session is silent: what is silent with it must not be asked, and connections to one address are often silent together.</summary>
internal static class OtherWay
{
    /// <summary>Of these sessions one to another address than that of the silent one; of several the one that has been receiving and taking bytes most lately. Null when there are none.</summary>
    public static IPublishSession? Of(IEnumerable<IPublishSession> sessions, IPublishSession? silent)
    {
        RabbitEndpoint? address = silent?.Server;
        return sessions.MinBy(session => (address is not null && session.Server == address, Rest(session)));
    }

    private static TimeSpan Rest(IPublishSession session) => session.Silence > session.WriteStall ? session.Silence : session.WriteStall;
}
