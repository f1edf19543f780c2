namespace ResilientRabbit;

/// <summary>Says what stands behind the endpoints. It decides what the loss of a connection means, what is avoided afterwards, and how connections are spread.</summary>
public enum ConnectionMode
{
    /// <summary>Each endpoint is another node of one cluster. A node that was lost or refuses is avoided for a while that grows; connections go to different nodes and may return (<see cref="ResilientRabbitOptions.FailBackDelay"/>).</summary>
    NodeList,

    /// <summary>Each endpoint is a proxy in front of several nodes. The loss of a connection says something of a node, not of the proxy: only a proxy that cannot be reached is avoided. Different nodes behind one address are best effort: the proxy chooses.</summary>
    LoadBalancer,

    /// <summary>The first endpoint is an address that moves between hosts. Attempts follow each other quickly, and each gives TCP one second only, because the address may answer from elsewhere at any moment; nothing is avoided for longer than a second.</summary>
    VirtualIp,
}
