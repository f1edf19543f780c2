using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A counting proxy before each node.</summary>
public sealed class ProxyRow : IAsyncDisposable
{
    private readonly List<TcpProxy> _proxies = [];

    public IReadOnlyList<TcpProxy> Proxies => _proxies;

    public TcpProxy this[int index] => _proxies[index];

    public static async Task<ProxyRow> StartAsync(IRabbitCluster cluster)
    {
        var row = new ProxyRow();
        foreach (IRabbitNode node in cluster.Nodes)
        {
            row._proxies.Add(await TcpProxy.StartAsync(node.Address));
        }

        return row;
    }

    public void AddTo(ICollection<string> endpoints) => _proxies.ForEach(proxy => endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{proxy.Address.Host}:{proxy.Address.Port}")));

    public async ValueTask DisposeAsync()
    {
        foreach (TcpProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }
}
