using System.Text.Json;
using System.Text.Json.Serialization;

namespace ResilientRabbit.Management.Json;

/// <summary>The readers of the management API's answers, generated.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 64)]
[JsonSerializable(typeof(JsonDocument))]
[JsonSerializable(typeof(BrokerError))]
[JsonSerializable(typeof(BrokerNameWire))]
[JsonSerializable(typeof(HealthWire))]
[JsonSerializable(typeof(UserWire))]
[JsonSerializable(typeof(IReadOnlyList<UserWire>))]
[JsonSerializable(typeof(ManagementOverview))]
[JsonSerializable(typeof(IReadOnlyList<NodeInfo>))]
[JsonSerializable(typeof(QueueInfo))]
[JsonSerializable(typeof(IReadOnlyList<QueueInfo>))]
[JsonSerializable(typeof(ExchangeInfo))]
[JsonSerializable(typeof(IReadOnlyList<ExchangeInfo>))]
[JsonSerializable(typeof(IReadOnlyList<BindingInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ClientConnectionInfo>))]
[JsonSerializable(typeof(PermissionInfo))]
[JsonSerializable(typeof(IReadOnlyList<PermissionInfo>))]
[JsonSerializable(typeof(VirtualHostInfo))]
[JsonSerializable(typeof(IReadOnlyList<VirtualHostInfo>))]
[JsonSerializable(typeof(PolicyInfo))]
[JsonSerializable(typeof(IReadOnlyList<PolicyInfo>))]
[JsonSerializable(typeof(ParameterInfo))]
[JsonSerializable(typeof(IReadOnlyList<ParameterInfo>))]
[JsonSerializable(typeof(IReadOnlyList<FederationLinkInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ShovelStatus>))]
internal sealed partial class ManagementJson : JsonSerializerContext;
