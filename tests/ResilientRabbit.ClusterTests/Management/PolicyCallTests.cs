using System.Text.Json;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The calls about policies and parameters, each compared with rabbitmqctl.</summary>
[Collection(ManagementGroup.Name)]
public sealed class PolicyCallTests(ManagementFixture fixture)
{
    private static readonly PolicySpec Lengths = new()
    {
        Name = "lengths / limits",
        Pattern = "^(?!amq\\.).*",
        ApplyTo = PolicyScope.Queues,
        Priority = 7,
        Definition = new Dictionary<string, object?> { ["max-length"] = 1000, ["overflow"] = "reject-publish" },
    };

    [Fact]
    [Calls(nameof(IRabbitManagementClient.SetPolicyAsync), nameof(IRabbitManagementClient.ListPoliciesAsync), nameof(IRabbitManagementClient.DeletePolicyAsync))]
    public async Task Policies_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);

        await client.SetPolicyAsync(Lengths with { Priority = 1 });
        await client.SetPolicyAsync(Lengths);
        PolicyInfo found = Assert.Single(await client.ListPoliciesAsync());

        AssertSame(Assert.Single(await fixture.ListAsync("list_policies", "-p", virtualHost)), found);
        await client.DeletePolicyAsync(Lengths.Name);
        Assert.Empty(await fixture.ListAsync("list_policies", "-p", virtualHost));
        ManagementException refused = await Assert.ThrowsAsync<ManagementException>(() => client.SetPolicyAsync(Lengths with { Definition = new Dictionary<string, object?> { ["no-such-thing"] = 1 } }));
        Assert.Equal(ManagementFailure.BadRequest, refused.Failure);
        Assert.Contains("no-such-thing", refused.BrokerReason, StringComparison.Ordinal);
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.SetOperatorPolicyAsync), nameof(IRabbitManagementClient.ListOperatorPoliciesAsync), nameof(IRabbitManagementClient.DeleteOperatorPolicyAsync))]
    public async Task Operator_policies_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        PolicySpec limit = Lengths with { Definition = new Dictionary<string, object?> { ["max-length"] = 10 } };

        await client.SetOperatorPolicyAsync(limit);
        PolicyInfo found = Assert.Single(await client.ListOperatorPoliciesAsync());

        AssertSame(Assert.Single(await fixture.ListAsync("list_operator_policies", "-p", virtualHost)), found);
        await client.DeleteOperatorPolicyAsync(limit.Name);
        Assert.Empty(await fixture.ListAsync("list_operator_policies", "-p", virtualHost));
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.SetParameterAsync), nameof(IRabbitManagementClient.ListParametersAsync), nameof(IRabbitManagementClient.DeleteParameterAsync))]
    public async Task Parameters_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);

        await client.SetParameterAsync("federation-upstream", "up / stream", new Dictionary<string, object?> { ["uri"] = "amqp://localhost", ["max-hops"] = 2 });
        ParameterInfo found = Assert.Single(await client.ListParametersAsync("federation-upstream"));

        JsonElement told = Assert.Single(await fixture.ListAsync("list_parameters", "-p", virtualHost));
        Assert.Equal(("federation-upstream", "up / stream", virtualHost), (told.GetProperty("component").GetString(), told.GetProperty("name").GetString(), found.VirtualHost));
        Assert.Equal(("federation-upstream", "up / stream", 2), (found.Component, found.Name, found.Value.GetProperty("max-hops").GetInt32()));
        await client.DeleteParameterAsync("federation-upstream", "up / stream");
        Assert.Empty(await fixture.ListAsync("list_parameters", "-p", virtualHost));
        ManagementException unknown = await Assert.ThrowsAsync<ManagementException>(() => client.SetParameterAsync("no-such-component", "n", 1));
        Assert.Equal(ManagementFailure.BadRequest, unknown.Failure);
    }

    private static void AssertSame(JsonElement told, PolicyInfo found)
    {
        using JsonDocument definition = JsonDocument.Parse(told.GetProperty("definition").ValueKind == JsonValueKind.String ? told.GetProperty("definition").GetString()! : told.GetProperty("definition").GetRawText());
        Assert.Equal(
            (told.GetProperty("name").GetString(), told.GetProperty("vhost").GetString(), told.GetProperty("pattern").GetString(), told.GetProperty("apply-to").GetString(), told.GetProperty("priority").GetInt32()),
            (found.Name, found.VirtualHost, found.Pattern, found.ApplyTo, found.Priority));
        Assert.Equal(
            definition.RootElement.EnumerateObject().Select(static property => $"{property.Name}={property.Value}").Order(StringComparer.Ordinal),
            found.Definition.Select(static pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal((Lengths.Name, Lengths.Pattern, "queues", 7), (found.Name, found.Pattern, found.ApplyTo, found.Priority));
    }
}
