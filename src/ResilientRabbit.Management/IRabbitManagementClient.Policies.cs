namespace ResilientRabbit.Management;

// Policies and parameters.
public partial interface IRabbitManagementClient
{
    /// <summary>Lists the policies of a virtual host. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The policies.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<PolicyInfo>> ListPoliciesAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces a policy. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="policy">The description.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetPolicyAsync(PolicySpec policy, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a policy. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="name">The name of the policy.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeletePolicyAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the operator policies of a virtual host. Needs the tag <c>administrator</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The policies.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<PolicyInfo>> ListOperatorPoliciesAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces an operator policy. Needs the tag <c>administrator</c>.</summary>
    /// <param name="policy">The description.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetOperatorPolicyAsync(PolicySpec policy, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an operator policy. Needs the tag <c>administrator</c>.</summary>
    /// <param name="name">The name of the policy.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteOperatorPolicyAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the runtime parameters of a component in a virtual host. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="component">The component, for example <c>federation-upstream</c>.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<ParameterInfo>> ListParametersAsync(string component, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces a runtime parameter. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="component">The component; the plugin that knows it must be enabled.</param>
    /// <param name="name">The name of the parameter.</param>
    /// <param name="value">The value: text, a number, a boolean, a list or a table with string keys. No text of this package shows it.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetParameterAsync(string component, string name, object? value, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a runtime parameter. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="component">The component.</param>
    /// <param name="name">The name of the parameter.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteParameterAsync(string component, string name, string? virtualHost = null, CancellationToken cancellationToken = default);
}
