namespace ResilientRabbit.Management;

// The cluster and its nodes.
public partial interface IRabbitManagementClient
{
    /// <summary>Gets names and versions.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The overview.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<ManagementOverview> GetOverviewAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists the nodes of the cluster, those that do not run as well.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The nodes.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<NodeInfo>> ListNodesAsync(CancellationToken cancellationToken = default);

    /// <summary>Gets nodes, partitions, alarms and versions, as <c>rabbitmqctl cluster_status</c> shows them. Two requests.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The state of the cluster.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<ClusterStatus> GetClusterStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Sets the name of the cluster, which federation and shovel write into headers.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetClusterNameAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Gets the user as whom this client is known to the broker, with the tags.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The user.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<UserInfo> GetCurrentUserAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks one node about itself. A check that has not passed is a result and not an exception.</summary>
    /// <param name="check">The question.</param>
    /// <param name="address">The address of the node, one of the options'; <see langword="null"/> for any that answers.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<NodeHealthResult> CheckNodeAsync(NodeHealthCheck check, string? address = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the clients' connections of all virtual hosts. Needs the tag <c>monitoring</c>; a user without it sees its own.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connections.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<ClientConnectionInfo>> ListConnectionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Exports what is defined, without messages: queues, exchanges, bindings, policies, parameters, and for the whole cluster also users and virtual hosts. It holds hashes of passwords and URIs with passwords.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for the whole cluster.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The definitions as JSON in UTF-8.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<ReadOnlyMemory<byte>> ExportDefinitionsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Imports what <see cref="ExportDefinitionsAsync"/> gave. Nothing is deleted; what is there with other properties stays as it is or fails the import. Not repeated when the answer is lost.</summary>
    /// <param name="definitions">The definitions as JSON in UTF-8.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for definitions of the whole cluster.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task ImportDefinitionsAsync(ReadOnlyMemory<byte> definitions, string? virtualHost = null, CancellationToken cancellationToken = default);
}
