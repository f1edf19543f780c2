using System.Globalization;
using System.Text;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ProtocolTests.Brokers;

/// <summary>One real node, told what to do by evaluations, which are much cheaper than rabbitmqctl.</summary>
public sealed class RealBroker(IRabbitCluster cluster) : IBrokerUnderTest
{
    private const string Actor = "<<\"tests\">>";
    private const string Everything = "<<\".*\">>";

    private static readonly SemaphoreSlim Evaluating = new(1);

    public ClusterAddress Address => Node.Address;

    private IRabbitNode Node => cluster.Nodes[0];

    public async Task AddUserAsync(string name, string password, string configure, string write, string read)
    {
        await AddUserWithoutPermissionsAsync(name, password);
        await RunAsync($"ok = rabbit_auth_backend_internal:set_permissions({Binary(name)}, <<\"/\">>, {Binary(configure)}, {Binary(write)}, {Binary(read)}, {Actor})");
    }

    public Task AddUserWithoutPermissionsAsync(string name, string password) =>
        RunAsync($"ok = rabbit_auth_backend_internal:add_user({Binary(name)}, {Binary(password)}, {Actor})");

    public Task ChangePasswordAsync(string name, string password) =>
        RunAsync($"ok = rabbit_auth_backend_internal:change_password({Binary(name)}, {Binary(password)}, {Actor})");

    public Task SetPolicyAsync(string name, string pattern, string definition, string applyTo, int priority = 0) =>
        RunAsync($"ok = rabbit_policy:parse_set(<<\"/\">>, {Binary(name)}, {Binary(pattern)}, {Binary(definition)}, {priority.ToString(CultureInfo.InvariantCulture)}, {Binary(applyTo)}, {Actor})");

    public Task ClearPolicyAsync(string name) => RunAsync($"ok = rabbit_policy:delete(<<\"/\">>, {Binary(name)}, {Actor})");

    public Task AddVirtualHostAsync(string name) =>
        RunAsync(
            $"_ = rabbit_vhost:add({Binary(name)}, {Actor}), " +
            $"ok = rabbit_auth_backend_internal:set_permissions({Binary(cluster.UserName)}, {Binary(name)}, {Everything}, {Everything}, {Everything}, {Actor})");

    public Task DeleteVirtualHostAsync(string name) => RunAsync($"_ = rabbit_vhost:delete({Binary(name)}, {Actor})");

    public Task BlockAsync() => Node.RaiseMemoryAlarmAsync();

    public Task UnblockAsync() => Node.ClearMemoryAlarmAsync();

    public Task CloseConnectionAsync(string connectionName, string reason) =>
        RunAsync(
            $"Name = {Binary(connectionName)}, [catch rabbit_networking:close_connection(P, {Binary(reason)}) || P <- rabbit_networking:connections(), " +
            "case catch rabbit_networking:connection_info(P, [client_properties]) of " +
            "[{client_properties, T}] when is_list(T) -> lists:member({<<\"connection_name\">>, longstr, Name}, T); _ -> false end]");

    private static string Binary(string text)
    {
        IEnumerable<string> bytes = Encoding.UTF8.GetBytes(text).Select(static value => value.ToString(CultureInfo.InvariantCulture));
        return $"<<{string.Join(',', bytes)}>>";
    }

    private async Task RunAsync(string expression)
    {
        // erl_call fails to connect when two of them do so at the same moment.
        await Evaluating.WaitAsync();
        try
        {
            await EvaluateAsync(expression + ", \"\"");
        }
        finally
        {
            Evaluating.Release();
        }
    }

    // Under load erl_call now and then fails to connect: what could not be said was not heard either, and is said again.
    private async Task EvaluateAsync(string expression)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await Node.EvaluateAsync(expression);
                return;
            }
            catch (InvalidOperationException exception) when (attempt < 5 && exception.Message.Contains("failed to connect", StringComparison.Ordinal))
            {
                await Task.Delay(100);
            }
        }
    }
}
