using System.Diagnostics;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Publishing;

/// <summary>
/// What most messages never need: made at the first use and kept by the pooled message. Apart from the message, because each of the threads that a message passes pays for every cache line of it.
/// </summary>
internal sealed class RareMessageState
{
    private volatile Lane? _carrier;

    /// <summary>The lane that carries it in the place of its own.</summary>
    public Lane? Carrier
    {
        get => _carrier;
        set => _carrier = value;
    }

    public CancellationTokenRegistration Registration { get; set; }

    public CancellationToken CancelledBy { get; set; }

    public Offence? Offence { get; set; }

    public Exception? Error { get; set; }

    public Activity? Trace { get; set; }

    public TaskCompletionSource? Admission { get; set; }

    public NackWatch? NackedBy { get; set; }

    public int Nacks { get; set; }

    public int Answered { get; set; }

    public int Unsure { get; set; }

    public (int Code, string Text) Reply { get; set; }

    public long NotBefore { get; set; }

    public long WrittenAt { get; set; }

    public RabbitEndpoint? WrittenTo { get; set; }

    /// <summary>Forgets all of it, for the message's next life.</summary>
    public void Clear()
    {
        (Registration, CancelledBy) = (default, default);
        (Carrier, Offence, Error, Trace, Admission, NackedBy) = (null, null, null, null, null, null);
        Nacks = Answered = Unsure = 0;
        Reply = default;
        NotBefore = 0;
        (WrittenAt, WrittenTo) = (0, null);
    }
}
