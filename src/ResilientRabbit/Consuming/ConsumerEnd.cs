namespace ResilientRabbit.Consuming;

/// <summary>Why a consumer channel ended.</summary>
internal sealed record ConsumerEnd(ConsumerEndReason Reason, string Text, int ReplyCode = 0);
