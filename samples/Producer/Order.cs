using System.Text.Json.Serialization;

namespace ResilientRabbit.Samples.Producer;

internal sealed record Order(int Number, string Customer, decimal Amount);

[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;
