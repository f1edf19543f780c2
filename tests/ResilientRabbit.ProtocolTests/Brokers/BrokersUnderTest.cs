using ResilientRabbit.Clusters;
using ResilientRabbit.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(ResilientRabbit.ProtocolTests.Brokers.BrokersUnderTest))]

namespace ResilientRabbit.ProtocolTests.Brokers;

/// <summary>The brokers of this run; each is started when the first test asks for it.</summary>
public sealed class BrokersUnderTest : IAsyncLifetime
{
    public const string Real = "real";
    public const string InProcess = "in-process";

    private readonly Lazy<Task<IRabbitCluster>> _real = new(static () => ClusterFactory.StartAsync(new ClusterOptions { NodeCount = 1, Mirrored = false }));

    private readonly Lazy<Task<TestBroker>> _inProcess = new(static () => TestBroker.StartAsync());

    public async Task<IBrokerUnderTest> GetAsync(string kind)
    {
        if (!string.Equals(kind, Real, StringComparison.Ordinal))
        {
            return new InProcessBroker(await _inProcess.Value);
        }

        if (ClusterFactory.MissingPrerequisite() is { } missing)
        {
            Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), $"CI=true, and no broker can be started: {missing}");
            Assert.Skip(missing);
        }

        return new RealBroker(await _real.Value);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_real.IsValueCreated)
        {
            await (await _real.Value).DisposeAsync();
        }

        if (_inProcess.IsValueCreated)
        {
            await (await _inProcess.Value).DisposeAsync();
        }
    }
}
