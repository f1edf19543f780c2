using ResilientRabbit.ProtocolTests.Brokers;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>
/// Base of the tests in which the driver judges a broker. Each expectation was taken from RabbitMQ 3.10.8 and holds for both brokers.
/// </summary>
public abstract class ConformanceTest(BrokersUnderTest brokers)
{
    protected async Task<Bench> OpenAsync(string broker) => await Bench.OpenAsync(await brokers.GetAsync(broker));
}
