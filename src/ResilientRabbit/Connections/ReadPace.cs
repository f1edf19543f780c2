namespace ResilientRabbit.Connections;

/// <summary>How urgent the next answers of the broker are to one channel.</summary>
internal enum ReadPace
{
    /// <summary>Nothing is expected.</summary>
    Idle,

    /// <summary>Many are on the wire and answers come in dribs and drabs: they may gather for a moment.</summary>
    Patient,

    /// <summary>The next answer is wanted at once.</summary>
    Hurried,
}
