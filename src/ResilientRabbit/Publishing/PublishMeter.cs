using System.Collections.Concurrent;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>Measures what becomes of messages: one addition for each run of one exchange, and durations, of long runs only some. Does nothing while nobody listens.</summary>
internal sealed class PublishMeter
{
    /// <summary>Of what an acknowledgement covers, one duration is recorded and one more for so many messages, evenly spread: a value in a histogram costs more than all the rest of a confirm.</summary>
    private const int OneDurationIn = 32;

    private readonly ClientTelemetry _client;
    private readonly Instruments _all;
    private readonly TimeProvider _time;
    private readonly DestinationTags _nowhere;
    private readonly ConcurrentDictionary<RabbitEndpoint, DestinationTags> _tags = new();
    private readonly IPublishSession?[] _sessions;

    public PublishMeter(ClientTelemetry client, TimeProvider time, int lanes)
    {
        _client = client;
        _all = client.Instruments;
        _time = time;
        _nowhere = new DestinationTags(client, null, 0);
        _sessions = new IPublishSession?[lanes];
    }

    /// <summary>Whether anybody listens.</summary>
    public bool IsWanted => _all.OperationDuration.Enabled || _all.SentMessages.Enabled || _all.ConfirmLatency.Enabled || _all.MarkedDuplicates.Enabled;

    /// <summary>A chain of so many messages that one acknowledgement has confirmed, before their callers are told.</summary>
    public void Confirmed(PendingMessage first, int count, RabbitEndpoint? server)
    {
        if (IsWanted)
        {
            ClientTelemetry.Safely((Self: this, first, count, server), static it => it.Self.MeasureConfirmed(it.first, it.count, it.server));
        }
    }

    /// <summary>One message that got its outcome in any other way; null is a confirm.</summary>
    public void Finished(PendingMessage message, PublishFailure? failure)
    {
        if (IsWanted)
        {
            ClientTelemetry.Safely((Self: this, message, failure), static it => it.Self.MeasureFinished(it.message, it.failure));
        }
    }

    /// <summary>A message that was refused before it had a lane.</summary>
    public void RefusedLocally(string exchange, PublishFailure failure)
    {
        if (IsWanted)
        {
            ClientTelemetry.Safely((Self: this, exchange, failure), static it => it.Self.Record(it.Self._nowhere.Of(it.exchange, it.failure.ToString()), TimeSpan.Zero));
        }
    }

    /// <summary>A run of messages is being written.</summary>
    public void Writing(ReadOnlySpan<PendingMessage> run, RabbitEndpoint? server)
    {
        if (!IsWanted)
        {
            return;
        }

        long now = _time.GetTimestamp();
        foreach (PendingMessage message in run)
        {
            message.WrittenAt = now;
            message.WrittenTo = server;
        }
    }

    public void Nacked(PendingMessage message) => _client.Nacked(message.Exchange);

    public void Returned(PendingMessage message) => _client.Returned(message.Exchange);

    /// <summary>A lane has opened a channel. Called by the lane's writer.</summary>
    public void LaneOpened(int lane, IPublishSession session, LanePlace place)
    {
        IPublishSession? previous = _sessions[lane];
        _sessions[lane] = session;
        if (previous is not null && previous != session)
        {
            _client.LaneMoved(previous.IsDead ? "connection_lost" : place switch { LanePlace.Refuge => "stall", LanePlace.Leader => "leader", _ => "home" });
        }
    }

    private void MeasureConfirmed(PendingMessage first, int count, RabbitEndpoint? server)
    {
        DestinationTags destinations = TagsOf(server);
        long now = _time.GetTimestamp();
        int durations = 1 + (count / OneDurationIn);
        int due = (count + 1) / 2;
        string? exchange = null;
        KeyValuePair<string, object?>[] tags = [];
        int run = 0;
        for (PendingMessage? message = first; message is not null; message = message.Next)
        {
            if (!ReferenceEquals(exchange, message.Exchange))
            {
                AddRun(run, tags);
                (exchange, run) = (message.Exchange, 0);
                tags = destinations.Of(exchange);
            }

            run++;
            due += durations;
            if (due > count)
            {
                due -= count;
                _all.OperationDuration.Record(_time.GetElapsedTime(message.Started, now).TotalSeconds, tags);
            }

            if (message.Attempts > 1)
            {
                _all.MarkedDuplicates.Add(1, tags);
            }
        }

        AddRun(run, tags);

        // The first was written first. Without a time it was written before anybody listened.
        if (first.WrittenAt != 0)
        {
            _all.ConfirmLatency.Record(_time.GetElapsedTime(first.WrittenAt, now).TotalSeconds, tags);
        }
    }

    private void AddRun(int count, KeyValuePair<string, object?>[] tags)
    {
        if (count > 0)
        {
            _all.SentMessages.Add(count, tags);
        }
    }

    // A message whose confirm came while it was still being written, or through another channel, and one that failed.
    private void MeasureFinished(PendingMessage message, PublishFailure? failure)
    {
        DestinationTags destinations = TagsOf(message.WrittenTo);
        KeyValuePair<string, object?>[] tags = failure is { } error ? destinations.Of(message.Exchange, error.ToString()) : destinations.Of(message.Exchange);
        Record(tags, _time.GetElapsedTime(message.Started));
        if (failure is null && message.WrittenAt != 0)
        {
            _all.ConfirmLatency.Record(_time.GetElapsedTime(message.WrittenAt).TotalSeconds, tags);
        }

        if (failure is null && message.Attempts > 1)
        {
            _all.MarkedDuplicates.Add(1, tags);
        }
    }

    private DestinationTags TagsOf(RabbitEndpoint? server)
        => server is { } endpoint ? _tags.GetOrAdd(endpoint, static (key, client) => new DestinationTags(client, key.Host, key.Port), _client) : _nowhere;

    private void Record(KeyValuePair<string, object?>[] tags, TimeSpan duration)
    {
        _all.OperationDuration.Record(duration.TotalSeconds, tags);
        _all.SentMessages.Add(1, tags);
    }
}
