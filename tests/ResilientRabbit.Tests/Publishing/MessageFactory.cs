using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Makes pending messages with all that is around them, without any lane running.</summary>
internal sealed class MessageFactory
{
    private long _lastId;

    public MessageFactory(int lanes = 1, int maxMessages = 1_000, long maxBytes = 1_000_000)
    {
        Ledger = new PublishLedger(maxMessages, maxBytes, lanes);
        Pool = new MessagePool(maxMessages);
        Context = new LaneContext
        {
            Settings = PublisherSettings.From(new PublisherOptions { Lanes = lanes, Connections = 1 }),
            Sources = [new FakeSessionSource(new Watch())],
            Routes = new FakeRouteGuide(),
            Ledger = Ledger,
            Logger = NullLogger.Instance,
            Time = Time,
        };
        Lanes = [.. Enumerable.Range(0, lanes).Select(index => new Lane(index, Context, Context.Sources[0]))];
    }

    public ManualTimeProvider Time { get; } = new();

    public PublishLedger Ledger { get; }

    public MessagePool Pool { get; }

    public LaneContext Context { get; }

    public Lane[] Lanes { get; }

    public PendingMessage Create(int lane = 0, int size = 0, long deadline = long.MaxValue, CancellationToken cancellationToken = default)
    {
        PendingMessage message = Pool.Rent();
        long id = Interlocked.Increment(ref _lastId);
        message.BeginProperties($"id-{id}", new MessageIds(), isPersistent: true, id);
        message.Begin(new OutboundMessage { Exchange = "orders", RoutingKey = "eu", Body = new byte[size] }, Lanes[lane], mandatory: true, deadline, null, 0);
        message.WatchCancellation(cancellationToken);
        return message;
    }

    public PendingMessage CreateInFlight(long deadline = long.MaxValue)
    {
        PendingMessage message = Create(deadline: deadline);
        message.TryBeginWrite();
        message.Attempts++;
        message.EndWrite();
        return message;
    }

    /// <summary>Creates a message and hands it to the ledger.</summary>
    public PendingMessage Admit(out Admission admission, int lane = 0, int size = 0, bool mayWait = true, long deadline = long.MaxValue, CancellationToken cancellationToken = default)
    {
        PendingMessage message = Create(lane, size, deadline, cancellationToken);
        admission = Ledger.Admit(message, mayWait, tellAdmission: false, out _);
        return message;
    }

    /// <summary>Settles the message as its engine would.</summary>
    public void Settle(PendingMessage message, SettleKind kind) => Lanes[message.Lane.Index].Settle(message, message.Version, kind);
}
