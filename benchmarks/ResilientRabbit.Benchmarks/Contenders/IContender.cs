namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>One way to publish messages and see each of them confirmed.</summary>
internal interface IContender : IAsyncDisposable
{
    Task OpenAsync();

    /// <summary>Publishes and returns when every message is confirmed; throws when one is not.</summary>
    Task PublishAsync(int count, LatencySamples? samples);
}
