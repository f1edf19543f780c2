using ResilientRabbit.Management.Http;
using ResilientRabbit.Management.Json;
using static ResilientRabbit.Management.Http.ManagementRequest;

namespace ResilientRabbit.Management;

/// <content>Policies and parameters.</content>
public sealed partial class RabbitManagementClient
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<PolicyInfo>> ListPoliciesAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("policies", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListPolicyInfo, cancellationToken);

    /// <inheritdoc/>
    public Task SetPolicyAsync(PolicySpec policy, string? virtualHost = null, CancellationToken cancellationToken = default)
        => PutPolicyAsync("policies", policy, virtualHost, cancellationToken);

    /// <inheritdoc/>
    public Task DeletePolicyAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("policies", VirtualHostOf(virtualHost), name), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PolicyInfo>> ListOperatorPoliciesAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("operator-policies", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListPolicyInfo, cancellationToken);

    /// <inheritdoc/>
    public Task SetOperatorPolicyAsync(PolicySpec policy, string? virtualHost = null, CancellationToken cancellationToken = default)
        => PutPolicyAsync("operator-policies", policy, virtualHost, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteOperatorPolicyAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("operator-policies", VirtualHostOf(virtualHost), name), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ParameterInfo>> ListParametersAsync(string component, string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("parameters", component, VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListParameterInfo, cancellationToken);

    /// <inheritdoc/>
    public Task SetParameterAsync(string component, string name, object? value, string? virtualHost = null, CancellationToken cancellationToken = default)
        => PutAsync(
            PathOf("parameters", component, VirtualHostOf(virtualHost), name),
            writer => JsonTable.WriteProperty(writer, "value", value),
            cancellationToken,
            ParameterSecrets.Of(value));

    /// <inheritdoc/>
    public Task DeleteParameterAsync(string component, string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("parameters", component, VirtualHostOf(virtualHost), name), cancellationToken);

    private Task<ManagementAnswer> PutPolicyAsync(string kind, PolicySpec policy, string? virtualHost, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return PutAsync(
            PathOf(kind, VirtualHostOf(virtualHost), policy.Name),
            writer =>
            {
                writer.WriteString("pattern", policy.Pattern);
                writer.WriteString("apply-to", PolicyTexts.Of(policy.ApplyTo));
                writer.WriteNumber("priority", policy.Priority);
                JsonTable.WriteTable(writer, "definition", policy.Definition);
            },
            cancellationToken);
    }
}
