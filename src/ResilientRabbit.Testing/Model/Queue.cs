namespace ResilientRabbit.Testing.Model;

/// <summary>A queue: its messages, its consumers and its rules. Belongs to the turn: no locking of its own.</summary>
internal sealed partial class Queue
{
    private readonly ReadyMessages _ready;
    private readonly UnackedChain _unacked = new();
    private readonly List<(Message Message, ConfirmTicket? Ticket)> _held = [];
    private readonly BrokerModel _model;
    private long _sequence;
    private long _unusedSince;
    private bool _hadConsumers;

    public Queue(VirtualHost virtualHost, string name, QueueSettings settings, QueuePlacement placement)
    {
        VirtualHost = virtualHost;
        Name = name;
        Settings = settings;
        Placement = placement;
        _model = virtualHost.Model;
        _ready = new ReadyMessages(settings.MaxPriority, returnsKeepPlace: !settings.IsQuorum);
        Consumers = new ConsumerList { IsSingleActive = settings.IsSingleActive };
        Touch();
    }

    public VirtualHost VirtualHost { get; }

    public string Name { get; }

    public QueueSettings Settings { get; private set; }

    /// <summary>The policy that acts on it.</summary>
    public Policy? Policy { get; private set; }

    public QueuePlacement Placement { get; }

    public bool IsDurable { get; init; }

    public bool IsAutoDelete { get; init; }

    /// <summary>The connection that has the queue for itself.</summary>
    public object? Owner { get; init; }

    public ConsumerList Consumers { get; }

    public QueueState State { get; set; }

    /// <summary>When the queue is next asked for what has expired; kept by <see cref="Deadlines"/>.</summary>
    public long LooksAt { get; set; } = long.MaxValue;

    public int ReadyCount => _ready.Count;

    public int UnackedCount => _unacked.Count;

    public long Bytes => _ready.Bytes + _unacked.Bytes;

    public string Text => Resource.Text(Resource.Queue, Name, VirtualHost.Name);

    public IEnumerable<QueueEntry> Ready => _ready.Entries();

    public List<QueueEntry> Unacked => _unacked.ToList();

    /// <summary>Takes a message. A ticket is wanted only when the answer may come later.</summary>
    public PublishOutcome Publish(Message message, ConfirmTicket? ticket)
    {
        switch (State)
        {
            case QueueState.NoMajority:
                _held.Add((message, ticket));
                return PublishOutcome.Held;
            case QueueState.Down:
                return PublishOutcome.Rejected;
            case QueueState.Gone:
                return PublishOutcome.Accepted;
        }

        if (Settings.RejectsPublish && WillOverflow(message))
        {
            if (Settings.DeadLettersRejected)
            {
                _model.DeadLetters.Add(this, message, DeathReason.MaxLength);
            }

            return PublishOutcome.Rejected;
        }

        QueueEntry entry = new(message, _sequence++) { ExpiresAt = ExpiryOf(message) };
        if (_ready.Count == 0 && !_model.HoldsDeliveries && Consumers.Next() is { } consumer)
        {
            HandOver(consumer, entry);
            return PublishOutcome.Accepted;
        }

        _ready.Add(entry);
        DropOverflow();
        if (entry.ExpiresAt != long.MaxValue)
        {
            DropExpired(_model.Clock.Now);
        }

        return PublishOutcome.Accepted;
    }

    /// <summary>Takes the next message for a get; null when there is none. The caller holds it, unless <paramref name="noAck"/>.</summary>
    public QueueEntry? Get(bool noAck)
    {
        Touch();
        QueueEntry? entry = _ready.Take();
        if (entry is not null && !noAck)
        {
            _unacked.Add(entry);
        }

        DropExpired(_model.Clock.Now);
        return entry;
    }

    /// <summary>Adds a consumer; its consume-ok has been written already. Deliveries begin at once.</summary>
    public void AddConsumer(Consumer consumer)
    {
        _hadConsumers = true;
        Consumers.Add(consumer);
        Pump();
    }

    /// <summary>Removes a consumer. What it holds stays with its channel. The queue may delete itself.</summary>
    public void RemoveConsumer(Consumer consumer)
    {
        if (!Consumers.Remove(consumer))
        {
            return;
        }

        Touch();
        if (IsAutoDelete && _hadConsumers && Consumers.Count == 0)
        {
            VirtualHost.DeleteQueue(this);
        }
        else
        {
            Pump();
        }
    }

    /// <summary>A channel ended: its consumers are gone, what it held comes back.</summary>
    public void ChannelClosed(IConsumerChannel channel, IEnumerable<QueueEntry> held)
    {
        Consumer[] consumers = [.. Consumers.All.Where(consumer => ReferenceEquals(consumer.Channel, channel))];
        foreach (Consumer consumer in consumers)
        {
            Consumers.Remove(consumer);
        }

        if (consumers.Length > 0 && IsAutoDelete && Consumers.Count == 0)
        {
            VirtualHost.DeleteQueue(this);
        }
        else
        {
            Touch();
            Requeue(held);
        }
    }

    /// <summary>A held message is done.</summary>
    public void Ack(QueueEntry entry)
    {
        Release(entry);
        Served(entry.Consumer);
    }

    /// <summary>A held message was refused and is not to come back.</summary>
    public void Discard(QueueEntry entry)
    {
        Release(entry);
        if (State == QueueState.Running)
        {
            _model.DeadLetters.Add(this, entry.Message, DeathReason.Rejected);
        }

        Served(entry.Consumer);
    }

    /// <summary>Held messages come back, oldest first.</summary>
    public void Requeue(IEnumerable<QueueEntry> entries)
    {
        foreach (QueueEntry entry in entries)
        {
            Release(entry);
            entry.Redelivered = true;
            entry.DeliveryCount++;
            if (Settings.IsQuorum && Settings.DeliveryLimit is { } limit && entry.DeliveryCount > limit)
            {
                _model.DeadLetters.Add(this, entry.Message, DeathReason.DeliveryLimit);
            }
            else if (State != QueueState.Gone)
            {
                _ready.Return(entry);
            }
        }

        DropOverflow();
        DropExpired(_model.Clock.Now);
        foreach (Consumer consumer in Consumers.All)
        {
            Consumers.Unblock(consumer);
        }

        Pump();
    }

    /// <summary>Gives ready messages to consumers that have room.</summary>
    public void Pump()
    {
        while (_ready.Count > 0 && State == QueueState.Running && !_model.HoldsDeliveries && Consumers.Next() is { } consumer)
        {
            HandOver(consumer, _ready.Take()!);
        }

        if (_ready.Count > 0)
        {
            DropExpired(_model.Clock.Now);
        }
    }

    /// <summary>A consumer may have room again.</summary>
    public void Served(Consumer? consumer)
    {
        if (consumer is not null && Consumers.Unblock(consumer))
        {
            Pump();
        }
    }

    /// <summary>Drops all ready messages and says how many there were.</summary>
    public int Purge()
    {
        int count = _ready.Count;
        _ready.Clear();
        return count;
    }

    private void HandOver(Consumer consumer, QueueEntry entry)
    {
        if (!consumer.NoAck)
        {
            entry.Consumer = consumer;
            consumer.Unacked++;
            _unacked.Add(entry);
        }

        consumer.Channel.Deliver(consumer, this, entry);
    }

    private void Release(QueueEntry entry)
    {
        _unacked.Remove(entry);
        entry.Holder = null;
        if (entry.Consumer is { } consumer)
        {
            consumer.Unacked--;
        }
    }
}
