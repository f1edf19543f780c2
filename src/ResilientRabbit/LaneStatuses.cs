using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;

namespace ResilientRabbit;

/// <summary>Tells where the lanes of a publisher are.</summary>
internal static class LaneStatuses
{
    public static IReadOnlyList<PublishLaneStatus> Of(IReadOnlyList<Lane> lanes, ConnectionSupervisor[] connections)
        => [.. lanes.Select(lane => Of(lane, connections))];

    private static PublishLaneStatus Of(Lane lane, ConnectionSupervisor[] connections)
    {
        IPublishSession? session = lane.Session is { IsDead: false } living ? living : null;
        return new PublishLaneStatus(lane.Index, connections.FirstOrDefault(connection => session is not null && connection.Session == session)?.Name, session?.NodeName, lane.LeaderNode);
    }
}
