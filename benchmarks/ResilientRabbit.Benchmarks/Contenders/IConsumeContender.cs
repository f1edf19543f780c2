namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>One way to consume a filled queue and acknowledge each message.</summary>
internal interface IConsumeContender : IAsyncDisposable
{
    string Text { get; }

    Task OpenAsync(string host, int port);

    /// <summary>Consumes and returns when as many messages were handled and their acknowledgements are on their way.</summary>
    Task ConsumeAsync(string queue, int count);
}
