namespace ResilientRabbit.Publishing;

/// <summary>What a session is to a lane.</summary>
internal enum LanePlace
{
    /// <summary>That of the connection that the lane belongs to.</summary>
    Home,

    /// <summary>One to the node that leads most of what the lane writes.</summary>
    Leader,

    /// <summary>Another one, while neither of the two is there.</summary>
    Refuge,
}
