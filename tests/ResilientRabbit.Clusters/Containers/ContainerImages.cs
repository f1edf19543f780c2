namespace ResilientRabbit.Clusters;

internal static class ContainerImages
{
    public static string RabbitMq => Get("RR_RABBITMQ_IMAGE", "rabbitmq:3.10-management");

    public static string HaProxy => Get("RR_HAPROXY_IMAGE", "haproxy:2.6");

    private static string Get(string variable, string fallback) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } image ? image : fallback;
}
