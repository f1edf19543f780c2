namespace ResilientRabbit.Management;

/// <summary>When a shovel or a federation link acknowledges what it has taken.</summary>
public enum TransferAckMode
{
    /// <summary>After the other side's confirm: nothing is lost, a lost link may duplicate.</summary>
    OnConfirm,

    /// <summary>After the publish: a lost link may lose and duplicate.</summary>
    OnPublish,

    /// <summary>Not at all: a lost link loses.</summary>
    NoAck,
}
