using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>What an operator's policies do to queues and exchanges, set before and after these exist.</summary>
public sealed class PolicyConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task An_alternate_exchange_by_policy_takes_what_nobody_takes(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        string alternate = await bench.ExchangeAsync("fanout", "alternate");
        string exchange = await bench.ExchangeAsync("direct");
        await bench.Channel.QueueBindAsync(queue, alternate, "");

        await bench.PublishAsync(exchange, "nobody", "before");
        Assert.Equal(0u, await bench.CountAsync(queue));
        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{exchange}$", $$"""{"alternate-exchange":"{{alternate}}"}""", "exchanges");
        await bench.PublishAsync(exchange, "nobody", "under the policy");

        await bench.WaitForCountAsync(queue, 1);
        Assert.Equal(["under the policy"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_queue_expires_by_policy(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", """{"expires":50}""", "queues");

        await Bench.UntilAsync(() => IsGoneAsync(bench, queue), "the queue's end");
    }

    [Theory, BothBrokers]
    public async Task The_policy_of_the_higher_priority_acts_alone_and_after_it_the_next_one(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.Broker.SetPolicyAsync(bench.Name("low"), $"^{queue}$", """{"max-length":1}""", "queues", priority: 1);
        await bench.Broker.SetPolicyAsync(bench.Name("high"), $"^{queue}$", """{"max-length":3}""", "all", priority: 2);
        await PublishAsync(bench, queue, 5);
        await bench.WaitForCountAsync(queue, 3);

        await bench.Broker.ClearPolicyAsync(bench.Name("high"));

        await bench.WaitForCountAsync(queue, 1);
    }

    [Theory, BothBrokers]
    public async Task Without_its_policy_a_queue_goes_by_its_arguments_again(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 4));
        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", """{"max-length":2,"overflow":"drop-head"}""", "queues");
        await PublishAsync(bench, queue, 5);
        await bench.WaitForCountAsync(queue, 2);

        await bench.Broker.ClearPolicyAsync(bench.Name("p"));
        await PublishAsync(bench, queue, 5);

        await bench.WaitForCountAsync(queue, 4);
    }

    [Theory, BothBrokers]
    public async Task An_argument_names_the_dead_letter_exchange_before_a_policy_does(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string byArgument = await bench.QueueAsync("argument");
        string byPolicy = await bench.QueueAsync("policy");
        string name = bench.Name("q");
        await bench.Broker.SetPolicyAsync(
            bench.Name("p"), $"^{name}$", $$"""{"dead-letter-exchange":"","dead-letter-routing-key":"{{byPolicy}}","max-length":0}""", "queues");
        string queue = await bench.QueueAsync("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", byArgument));

        await bench.PublishAsync("", queue, "m");

        await bench.WaitForCountAsync(byArgument, 1);
        Assert.Equal(0u, await bench.CountAsync(byPolicy));
    }

    [Theory, BothBrokers]
    public async Task A_policy_for_exchanges_leaves_queues_alone(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", """{"alternate-exchange":"amq.fanout"}""", "exchanges");
        await bench.Broker.SetPolicyAsync(bench.Name("mirrors"), $"^{queue}$", """{"ha-mode":"all"}""", "all");

        await PublishAsync(bench, queue, 3);

        await bench.WaitForCountAsync(queue, 3);
    }

    // Asking counts as use and puts the end off, so there is a pause longer than the queue's time before each question.
    private static async Task<bool> IsGoneAsync(Bench bench, string queue)
    {
        await Task.Delay(200);
        await using IChannel channel = await bench.NewChannelAsync();
        try
        {
            await channel.QueueDeclarePassiveAsync(queue);
            return false;
        }
        catch (OperationInterruptedException exception)
        {
            Assert.Equal(404, exception.ShutdownReason!.ReplyCode);
            return true;
        }
    }

    private static async Task PublishAsync(Bench bench, string queue, int count)
    {
        for (int number = 0; number < count; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }
    }
}
