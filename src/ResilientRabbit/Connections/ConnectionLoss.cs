namespace ResilientRabbit.Connections;

/// <summary>Why a session ended.</summary>
internal sealed record ConnectionLoss(ConnectionFailureReason Reason, string Text, int ReplyCode = 0, Exception? Cause = null);
