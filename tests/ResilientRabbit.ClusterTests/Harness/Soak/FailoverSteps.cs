using System.Globalization;
using ResilientRabbit.Testing;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The times from many faults to each step of the connection that gave the first new confirm.</summary>
public sealed class FailoverSteps
{
    private readonly Dictionary<(string Who, string Step), List<double>> _times = [];

    public void Add(string who, string step, TimeSpan time)
    {
        if (!_times.TryGetValue((who, step), out List<double>? times))
        {
            _times[(who, step)] = times = [];
        }

        times.Add(time.TotalMilliseconds);
    }

    public void Add(string who, IEnumerable<(string Step, TimeSpan Time)> steps)
    {
        foreach ((string step, TimeSpan time) in steps)
        {
            Add(who, step, time);
        }
    }

    /// <summary>Finds the connection with the earliest confirm of a message that is new, and notes its steps.</summary>
    /// <param name="who">Whose they are.</param>
    /// <param name="proxies">What it may have gone through; their journals begin with the fault.</param>
    /// <param name="faultAt">The fault.</param>
    /// <param name="isOurs">Whether a message with this id is theirs.</param>
    /// <param name="isNew">Whether it was submitted after the fault.</param>
    public void Add(string who, IReadOnlyList<FrameProxy> proxies, DateTimeOffset faultAt, Func<string, bool> isOurs, Func<string, bool> isNew)
    {
        (IReadOnlyList<JournalEntry> Entries, JournalEntry Publish, JournalEntry Ack)? first = null;
        foreach (IGrouping<int, JournalEntry> connection in proxies.SelectMany(static proxy => proxy.Journal.Entries.GroupBy(static entry => entry.Connection)))
        {
            JournalEntry[] entries = [.. connection.OrderBy(static entry => entry.Number)];
            if (!Array.Exists(entries, static entry => entry.Method == AmqpMethod.ConnectionStart))
            {
                continue;
            }

            foreach (JournalEntry publish in entries.Where(entry => entry is { Method: AmqpMethod.BasicPublish, MessageId: { } id } && isOurs(id) && isNew(id)))
            {
                JournalEntry? ack = Array.Find(entries, entry => entry.Method == AmqpMethod.BasicAck && entry.Direction == FrameDirection.FromBroker && entry.Channel == publish.Channel
                    && (entry.DeliveryTag == publish.PublishNumber || (entry.Multiple && entry.DeliveryTag > publish.PublishNumber)));
                if (ack is not null && (first is null || ack.Time < first.Value.Ack.Time))
                {
                    first = (entries, publish, ack);
                }
            }
        }

        if (first is not { } found)
        {
            return;
        }

        Note(AmqpMethod.ConnectionStart, "start");
        Note(AmqpMethod.ConnectionStartOk, "start-ok");
        Note(AmqpMethod.ConnectionTune, "tune");
        Note(AmqpMethod.ConnectionOpen, "open");
        Note(AmqpMethod.ConnectionOpenOk, "open-ok");
        Note(AmqpMethod.ChannelOpen, "first channel.open");
        Note(AmqpMethod.ChannelOpenOk, "first channel.open-ok");
        Add(who, "its channel.open", found.Entries.First(entry => entry.Method == AmqpMethod.ChannelOpen && entry.Channel == found.Publish.Channel).Time - faultAt);
        Add(who, "its confirm.select", found.Entries.First(entry => entry.Method == AmqpMethod.ConfirmSelect && entry.Channel == found.Publish.Channel).Time - faultAt);
        Add(who, "its select-ok", found.Entries.First(entry => entry.Method == AmqpMethod.ConfirmSelectOk && entry.Channel == found.Publish.Channel).Time - faultAt);
        Note(AmqpMethod.BasicPublish, "first publish of any");
        Note(AmqpMethod.BasicAck, "first ack of any");
        Add(who, "new publish", found.Publish.Time - faultAt);
        Add(who, "its ack", found.Ack.Time - faultAt);
        Add(who, "(messages before it on its channel)", TimeSpan.FromMilliseconds((double)found.Publish.PublishNumber.GetValueOrDefault() - 1));

        void Note(AmqpMethod method, string step)
        {
            if (found.Entries.FirstOrDefault(entry => entry.Method == method) is { } entry)
            {
                Add(who, step, entry.Time - faultAt);
            }
        }
    }

    /// <summary>A line for each step: the median, the 95th percentile and the most, in milliseconds since the fault.</summary>
    public IEnumerable<string> Render()
    {
        foreach (IGrouping<string, KeyValuePair<(string Who, string Step), List<double>>> who in _times.GroupBy(static entry => entry.Key.Who, StringComparer.Ordinal))
        {
            foreach (((string _, string step), List<double> times) in who.OrderBy(static entry => At(entry.Value, 0.5)))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"timeline | {who.Key} | {step} | n {times.Count} | p50 {At(times, 0.5):0.0} | p95 {At(times, 0.95):0.0} | max {times.Max():0.0}");
            }
        }
    }

    private static double At(List<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }
}
