namespace ResilientRabbit.Management;

// Users, permissions and virtual hosts.
public partial interface IRabbitManagementClient
{
    /// <summary>Lists the users. Needs the tag <c>administrator</c>.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The users.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<UserInfo>> ListUsersAsync(CancellationToken cancellationToken = default);

    /// <summary>Gets a user. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The user.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<UserInfo> GetUserAsync(string user, CancellationToken cancellationToken = default);

    /// <summary>Creates a user, or replaces password and tags of one that exists. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="password">The password. It appears in no text of this package.</param>
    /// <param name="tags">The tags, for example <c>monitoring</c>; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetUserAsync(string user, string password, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default);

    /// <summary>Replaces the tags of a user, whose password stays. Two requests: a change of the password in between is lost. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="tags">The tags; empty for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetUserTagsAsync(string user, IEnumerable<string> tags, CancellationToken cancellationToken = default);

    /// <summary>Deletes a user. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteUserAsync(string user, CancellationToken cancellationToken = default);

    /// <summary>Lists the permissions of all users in a virtual host. Needs the tag <c>administrator</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The permissions.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<PermissionInfo>> ListPermissionsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Gets the permissions of a user in a virtual host. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The permissions.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<PermissionInfo> GetPermissionsAsync(string user, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Sets the permissions of a user in a virtual host: three regular expressions of names; an empty one permits nothing. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="configure">What the user may declare and delete, for example <c>.*</c>.</param>
    /// <param name="write">Where the user may publish and bind.</param>
    /// <param name="read">From where the user may consume.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetPermissionsAsync(string user, string configure, string write, string read, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Takes all permissions of a user in a virtual host away. Needs the tag <c>administrator</c>.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task ClearPermissionsAsync(string user, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the virtual hosts.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The virtual hosts.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<VirtualHostInfo>> ListVirtualHostsAsync(CancellationToken cancellationToken = default);

    /// <summary>Gets a virtual host.</summary>
    /// <param name="name">The name of the virtual host.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The virtual host.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<VirtualHostInfo> GetVirtualHostAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Creates a virtual host; nothing happens to one that exists. Nobody but the creator has permissions in it. Needs the tag <c>administrator</c>.</summary>
    /// <param name="name">The name of the virtual host.</param>
    /// <param name="description">A description; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task CreateVirtualHostAsync(string name, string? description = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a virtual host with everything in it. Needs the tag <c>administrator</c>.</summary>
    /// <param name="name">The name of the virtual host.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteVirtualHostAsync(string name, CancellationToken cancellationToken = default);
}
