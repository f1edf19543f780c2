namespace ResilientRabbit.Testing.Proxy;

/// <summary>A client behind the proxy, with its connection to the broker.</summary>
internal interface IProxyConnection : IAsyncDisposable
{
    /// <summary>Passes on until both sides have ended.</summary>
    Task RunAsync();

    /// <summary>RST to the client.</summary>
    void Reset();

    /// <summary>FIN to the client, after what is on its way.</summary>
    Task FinishAsync();
}
