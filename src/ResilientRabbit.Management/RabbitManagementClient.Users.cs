using ResilientRabbit.Management.Json;
using static ResilientRabbit.Management.Http.ManagementRequest;

namespace ResilientRabbit.Management;

/// <content>Users, permissions and virtual hosts.</content>
public sealed partial class RabbitManagementClient
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<UserInfo>> ListUsersAsync(CancellationToken cancellationToken = default)
        => [.. (await GetAsync(PathOf("users"), ManagementJson.Default.IReadOnlyListUserWire, cancellationToken).ConfigureAwait(false)).Select(UserOf)];

    /// <inheritdoc/>
    public async Task<UserInfo> GetUserAsync(string user, CancellationToken cancellationToken = default)
        => UserOf(await GetAsync(PathOf("users", user), ManagementJson.Default.UserWire, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task SetUserAsync(string user, string password, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        return PutAsync(
            PathOf("users", user),
            writer =>
            {
                writer.WriteString("password", password);
                writer.WriteString("tags", TagsOf(tags ?? []));
            },
            cancellationToken,
            [password]);
    }

    /// <inheritdoc/>
    public async Task SetUserTagsAsync(string user, IEnumerable<string> tags, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tags);
        string text = TagsOf(tags);
        UserWire found = await GetAsync(PathOf("users", user), ManagementJson.Default.UserWire, cancellationToken).ConfigureAwait(false);

        // Without the hash the broker takes the password away.
        await PutAsync(
            PathOf("users", user),
            writer =>
            {
                writer.WriteString("password_hash", found.PasswordHash ?? "");
                writer.WriteString("hashing_algorithm", found.HashingAlgorithm ?? "rabbit_password_hashing_sha256");
                writer.WriteString("tags", text);
            },
            cancellationToken,
            [found.PasswordHash ?? ""]).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DeleteUserAsync(string user, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("users", user), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PermissionInfo>> ListPermissionsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("vhosts", VirtualHostOf(virtualHost), "permissions"), ManagementJson.Default.IReadOnlyListPermissionInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<PermissionInfo> GetPermissionsAsync(string user, string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("permissions", VirtualHostOf(virtualHost), user), ManagementJson.Default.PermissionInfo, cancellationToken);

    /// <inheritdoc/>
    public Task SetPermissionsAsync(string user, string configure, string write, string read, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);
        return PutAsync(
            PathOf("permissions", VirtualHostOf(virtualHost), user),
            writer =>
            {
                writer.WriteString("configure", configure);
                writer.WriteString("write", write);
                writer.WriteString("read", read);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ClearPermissionsAsync(string user, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("permissions", VirtualHostOf(virtualHost), user), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<VirtualHostInfo>> ListVirtualHostsAsync(CancellationToken cancellationToken = default)
        => GetAsync(PathOf("vhosts"), ManagementJson.Default.IReadOnlyListVirtualHostInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<VirtualHostInfo> GetVirtualHostAsync(string name, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("vhosts", name), ManagementJson.Default.VirtualHostInfo, cancellationToken);

    /// <inheritdoc/>
    public Task CreateVirtualHostAsync(string name, string? description = null, CancellationToken cancellationToken = default)
        => PutAsync(
            PathOf("vhosts", name),
            writer =>
            {
                if (description is not null)
                {
                    writer.WriteString("description", description);
                }
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task DeleteVirtualHostAsync(string name, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("vhosts", name), cancellationToken);

    private static UserInfo UserOf(UserWire wire) => new() { Name = wire.Name ?? "", Tags = wire.Tags ?? [] };

    // The form that every version takes.
    private static string TagsOf(IEnumerable<string> tags)
    {
        string[] list = [.. tags];
        return Array.Exists(list, static tag => string.IsNullOrWhiteSpace(tag) || tag.Contains(',', StringComparison.Ordinal))
            ? throw new ArgumentException("A tag is empty or has a comma.", nameof(tags))
            : string.Join(',', list);
    }
}
