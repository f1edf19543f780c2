using System.Text.Json;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The calls about users, permissions and virtual hosts, each compared with rabbitmqctl.</summary>
[Collection(ManagementGroup.Name)]
public sealed class UserCallTests(ManagementFixture fixture)
{
    private const string Password = "zq9" + "CANARY" + "q9z/\"\\:@";

    [Fact]
    [Calls(nameof(IRabbitManagementClient.SetUserAsync), nameof(IRabbitManagementClient.GetUserAsync), nameof(IRabbitManagementClient.ListUsersAsync), nameof(IRabbitManagementClient.SetUserTagsAsync), nameof(IRabbitManagementClient.DeleteUserAsync))]
    public async Task Users_are_those_of_rabbitmqctl()
    {
        using RabbitManagementClient client = fixture.NewClient();
        string name = "user/ " + Guid.NewGuid().ToString("N")[..6];

        await client.SetUserAsync(name, "first", ["management"]);
        await client.SetUserAsync(name, Password, ["monitoring", "policymaker"]);
        UserInfo made = await client.GetUserAsync(name);
        Assert.Equal(["monitoring", "policymaker"], await TagsOfCtlAsync(name));
        Assert.Equal((name, "monitoring,policymaker"), (made.Name, string.Join(',', made.Tags)));

        await client.SetUserTagsAsync(name, ["administrator"]);
        Assert.Equal(["administrator"], await TagsOfCtlAsync(name));

        // The password has stayed: its owner can ask.
        using (RabbitManagementClient own = fixture.NewClient(configure: options => (options.UserName, options.Password) = (name, Password)))
        {
            Assert.Equal(["administrator"], (await own.GetCurrentUserAsync()).Tags);
        }

        Assert.Contains(await client.ListUsersAsync(), user => string.Equals(user.Name, name, StringComparison.Ordinal));
        await client.DeleteUserAsync(name);
        Assert.DoesNotContain(await fixture.ListAsync("list_users"), row => row.GetProperty("user").ValueEquals(name));
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.CreateVirtualHostAsync), nameof(IRabbitManagementClient.GetVirtualHostAsync), nameof(IRabbitManagementClient.ListVirtualHostsAsync), nameof(IRabbitManagementClient.DeleteVirtualHostAsync),
        nameof(IRabbitManagementClient.SetPermissionsAsync), nameof(IRabbitManagementClient.GetPermissionsAsync), nameof(IRabbitManagementClient.ListPermissionsAsync), nameof(IRabbitManagementClient.ClearPermissionsAsync))]
    public async Task Virtual_hosts_and_permissions_are_those_of_rabbitmqctl()
    {
        using RabbitManagementClient client = fixture.NewClient();
        string user = "permitted-" + Guid.NewGuid().ToString("N")[..6];
        string host = "host/" + Guid.NewGuid().ToString("N")[..6];

        await client.CreateVirtualHostAsync(host, "for a test");
        await client.CreateVirtualHostAsync(host, "for a test");
        await client.SetUserAsync(user, Password);
        await client.SetPermissionsAsync(user, "^c", "", ".*", host);
        VirtualHostInfo made = await ManagementFixture.EventuallyAsync(() => client.GetVirtualHostAsync(host), static found => found.ClusterState.Count == 2, "the virtual host does not run on both nodes");
        PermissionInfo permissions = await client.GetPermissionsAsync(user, host);

        JsonElement told = (await fixture.ListAsync("list_permissions", "-p", host)).Single(row => row.GetProperty("user").ValueEquals(user));
        Assert.Equal(("^c", "", ".*"), (told.GetProperty("configure").GetString(), told.GetProperty("write").GetString(), told.GetProperty("read").GetString()));
        Assert.Equal((user, host, "^c", "", ".*"), (permissions.User, permissions.VirtualHost, permissions.Configure, permissions.Write, permissions.Read));
        Assert.Contains(permissions, await client.ListPermissionsAsync(host));
        Assert.Equal("for a test", made.Description);
        Assert.All(made.ClusterState.Values, static state => Assert.Equal("running", state.GetString()));
        Assert.Contains(await client.ListVirtualHostsAsync(), found => string.Equals(found.Name, host, StringComparison.Ordinal));
        Assert.Contains(await fixture.ListAsync("list_vhosts", "name", "description"), row => row.GetProperty("name").ValueEquals(host) && row.GetProperty("description").GetString() is "for a test");

        await client.ClearPermissionsAsync(user, host);
        Assert.DoesNotContain(await fixture.ListAsync("list_permissions", "-p", host), row => row.GetProperty("user").ValueEquals(user));
        await client.DeleteVirtualHostAsync(host);
        await client.DeleteUserAsync(user);
        Assert.DoesNotContain(await fixture.ListAsync("list_vhosts", "name"), row => row.GetProperty("name").ValueEquals(host));
    }

    private async Task<IReadOnlyList<string>> TagsOfCtlAsync(string user)
        => [.. (await fixture.ListAsync("list_users")).Single(row => row.GetProperty("user").ValueEquals(user)).GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()!)];
}
