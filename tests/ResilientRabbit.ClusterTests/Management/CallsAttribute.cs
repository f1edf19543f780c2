namespace ResilientRabbit.ClusterTests.Management;

/// <summary>Names the calls of the management client that a test makes and verifies with rabbitmqctl.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CallsAttribute(params string[] methods) : Attribute
{
    public IReadOnlyList<string> Methods => methods;
}
