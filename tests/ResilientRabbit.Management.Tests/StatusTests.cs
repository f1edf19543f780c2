using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>Each status of HTTP, with the broker's bodies, is one kind of failure.</summary>
public sealed class StatusTests
{
    public static TheoryData<int, string, ManagementFailure, string?> Statuses => new()
    {
        { 400, """{"error":"bad_request","reason":"Validation failed"}""", ManagementFailure.BadRequest, "Validation failed" },
        { 400, """{"error":"bad_request","reason":"406 PRECONDITION_FAILED - queue 'q' in vhost '/' not empty"}""", ManagementFailure.Conflict, "406 PRECONDITION_FAILED - queue 'q' in vhost '/' not empty" },
        { 400, """{"error":"bad_request","reason":"inequivalent arg 'durable' for queue 'q'"}""", ManagementFailure.Conflict, "inequivalent arg 'durable' for queue 'q'" },
        { 400, """{"error":"bad_request","reason":"queue 'q' in vhost '/' not empty"}""", ManagementFailure.Conflict, "queue 'q' in vhost '/' not empty" },
        { 400, """{"error":"bad_request","reason":"exchange 'x' in vhost '/' in use"}""", ManagementFailure.Conflict, "exchange 'x' in vhost '/' in use" },
        { 400, """{"error":"bad_request","reason":"policy 'in use by nobody'"}""", ManagementFailure.BadRequest, "policy 'in use by nobody'" },
        { 401, """{"error":"not_authorized","reason":"Login failed"}""", ManagementFailure.Unauthorized, "Login failed" },
        { 401, "", ManagementFailure.Unauthorized, null },
        { 401, """{"error":"not_authorised","reason":"Not administrator user"}""", ManagementFailure.Forbidden, "Not administrator user" },
        { 401, """{"error":"not_authorised","reason":"User not authorised to access virtual host"}""", ManagementFailure.Forbidden, "User not authorised to access virtual host" },
        { 403, "<html/>", ManagementFailure.Forbidden, null },
        { 404, """{"error":"Object Not Found","reason":"Not Found"}""", ManagementFailure.NotFound, "Not Found" },
        { 405, "", ManagementFailure.BadRequest, null },
        { 409, """{"error":"conflict"}""", ManagementFailure.Conflict, "conflict" },
        { 412, "", ManagementFailure.Conflict, null },
        { 500, """{"error":"internal","reason":{"a":[1]}}""", ManagementFailure.ServerError, """{"a":[1]}""" },
        { 503, "<html>No server is available</html>", ManagementFailure.Unavailable, null },
        { 502, "", ManagementFailure.Unavailable, null },
        { 504, "[]", ManagementFailure.Unavailable, null },
    };

    [Theory, MemberData(nameof(Statuses))]
    public async Task Each_status_is_a_typed_failure(int status, string body, ManagementFailure expected, string? reason)
    {
        await using var peer = new HttpPeer(_ => Reply(body, status));
        using RabbitManagementClient client = peer.NewClient();

        ManagementException failure = await Failing.WithAsync(expected, () => client.GetQueueAsync("q"));

        Assert.Equal(status, failure.StatusCode);
        Assert.Equal(reason, failure.BrokerReason);
        Assert.Equal(peer.Address, failure.Address);
        Assert.StartsWith("GET /api/queues/%2F/q", failure.Request, StringComparison.Ordinal);
        Assert.Equal(failure.IsTransient ? 3 : 1, peer.Seen.Count);
    }

    [Fact]
    public async Task Words_of_the_broker_are_made_fit_for_a_log()
    {
        string reason = "line\\nforged line\\u2028" + new string('x', 5000);
        await using var peer = new HttpPeer(_ => Reply($$"""{"reason":"{{reason}}"}""", 400));
        using RabbitManagementClient client = peer.NewClient();

        ManagementException failure = await Failing.WithAsync(ManagementFailure.BadRequest, () => client.GetOverviewAsync());

        Assert.DoesNotContain(failure.Message, char.IsControl);
        Assert.InRange(failure.Message.Length, 100, 1000);
    }

    [Fact]
    public async Task A_health_check_that_fails_is_a_result_and_a_proxys_503_is_not()
    {
        await using var broker = new HttpPeer(static _ => Reply("""{"status":"failed","reason":"No active listener","missing":1}""", 503));
        await using var proxy = new HttpPeer(static _ => Reply("<html/>", 503));
        await using var other = new HttpPeer(static _ => Reply("{}", 503));
        using RabbitManagementClient client = broker.NewClient();
        using RabbitManagementClient throughProxy = proxy.NewClient();
        using RabbitManagementClient throughOther = other.NewClient();

        NodeHealthResult result = await client.CheckNodeAsync(NodeHealthCheck.PortListener(1));

        Assert.Equal(new NodeHealthResult(broker.Address, IsHealthy: false, "No active listener"), result);
        Assert.Equal("/api/health/checks/port-listener/1", Assert.Single(broker.Seen).Target);
        await Failing.WithAsync(ManagementFailure.Malformed, () => throughProxy.CheckNodeAsync(NodeHealthCheck.Alarms));
        await Failing.WithAsync(ManagementFailure.Malformed, () => throughOther.CheckNodeAsync(NodeHealthCheck.Alarms));
    }
}
