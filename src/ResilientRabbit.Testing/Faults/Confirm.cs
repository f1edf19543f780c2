namespace ResilientRabbit.Testing;

/// <summary>What becomes of the broker's confirm of one publish.</summary>
public enum Confirm
{
    /// <summary>It reaches the client as the broker gave it: an ack, or a nack where the broker could not take the message.</summary>
    Ack,

    /// <summary>The client gets a nack instead, though the message is where it is.</summary>
    Nack,

    /// <summary>The client gets nothing: the message is stored and its confirm is lost.</summary>
    Drop,

    /// <summary>The client gets it twice.</summary>
    Twice,
}
