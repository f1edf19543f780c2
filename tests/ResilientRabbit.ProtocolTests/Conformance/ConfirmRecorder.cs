using System.Text;
using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Publishes on a confirming channel and keeps what the broker answers, in order.</summary>
public sealed class ConfirmRecorder
{
    private readonly Lock _gate = new();
    private readonly List<string> _events = [];
    private readonly SortedDictionary<ulong, string> _outcomes = [];
    private ulong _published;

    public ConfirmRecorder(IChannel channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        Channel = channel;
        channel.BasicAcksAsync += (_, ack) => Settle(ack.DeliveryTag, ack.Multiple, "ack");
        channel.BasicNacksAsync += (_, nack) => Settle(nack.DeliveryTag, nack.Multiple, "nack");
        channel.BasicReturnAsync += (_, returned) =>
        {
            lock (_gate)
            {
                Returned.Add(new ReturnedMessage(returned.ReplyCode, returned.ReplyText, returned.Exchange, returned.RoutingKey, Encoding.UTF8.GetString(returned.Body.Span), returned.BasicProperties.MessageId));
                _events.Add("return");
            }

            return Task.CompletedTask;
        };
    }

    public IChannel Channel { get; }

    public List<ReturnedMessage> Returned { get; } = [];

    /// <summary>"return", "ack" and "nack", one for each message, in the order of arrival.</summary>
    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public async Task PublishAsync(string exchange, string routingKey, string body, bool mandatory = false, Action<BasicProperties>? configure = null)
    {
        var properties = new BasicProperties();
        configure?.Invoke(properties);
        lock (_gate)
        {
            _published++;
        }

        await Channel.BasicPublishAsync(exchange, routingKey, mandatory, properties, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Waits until each publish is answered: "ack" or "nack" for each, in the order of publishing.</summary>
    public async Task<IReadOnlyList<string>> OutcomesAsync()
    {
        await Bench.UntilAsync(() => Task.FromResult(IsComplete()), "a confirm for each message");
        lock (_gate)
        {
            return [.. _outcomes.Values];
        }
    }

    private bool IsComplete()
    {
        lock (_gate)
        {
            return (ulong)_outcomes.Count == _published;
        }
    }

    private Task Settle(ulong tag, bool multiple, string outcome)
    {
        lock (_gate)
        {
            for (ulong each = multiple ? 1 : tag; each <= tag; each++)
            {
                if (_outcomes.TryAdd(each, outcome))
                {
                    _events.Add(outcome);
                }
                else
                {
                    Assert.True(multiple, $"Tag {each} was confirmed twice.");
                }
            }
        }

        return Task.CompletedTask;
    }
}
