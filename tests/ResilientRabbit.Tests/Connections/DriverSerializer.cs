using System.Reflection;
using RabbitMQ.Client;

namespace ResilientRabbit.Tests.Connections;

/// <summary>What the driver itself writes for a publish: its internal serializer, called by reflection.</summary>
internal static class DriverSerializer
{
    private const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Assembly Driver = typeof(IConnection).Assembly;
    private static readonly Type Method = Driver.GetType("RabbitMQ.Client.Framing.BasicPublish", throwOnError: true)!;

    private static readonly MethodInfo Serialize = Driver.GetType("RabbitMQ.Client.Impl.Framing", throwOnError: true)!
        .GetMethods(All)
        .Single(static method => method.Name is "SerializeToFrames" && method.GetGenericArguments().Length == 2)
        .MakeGenericMethod(Method, typeof(BasicProperties));

    private static readonly MethodInfo SerializeMethod = Driver.GetType("RabbitMQ.Client.Impl.Framing", throwOnError: true)!
        .GetMethods(All)
        .Single(static method => method.Name is "SerializeToFrames" && method.GetGenericArguments().Length == 1);

    /// <summary>A frame without content.</summary>
    /// <param name="method">The name of the driver's type, for example <c>BasicAck</c>.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="arguments">The arguments of its constructor.</param>
    public static byte[] WriteMethod(string method, ushort channel, params object[] arguments)
    {
        Type type = Driver.GetType("RabbitMQ.Client.Framing." + method, throwOnError: true)!;
        return BytesOf(SerializeMethod.MakeGenericMethod(type).Invoke(null, [Activator.CreateInstance(type, arguments), channel])!);
    }

    public static byte[] Publish(string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body, ushort channel, uint frameMax)
    {
        object method = Activator.CreateInstance(Method, exchange, routingKey, mandatory, false)!;
        int maxBody = frameMax == 0 ? int.MaxValue : (int)frameMax - 8;
        object frames = Serialize.Invoke(null, [method, properties, new ReadOnlyMemory<byte>(body), channel, maxBody])!;
        return BytesOf(frames);
    }

    private static byte[] BytesOf(object frames)
    {
        var memory = (ReadOnlyMemory<byte>)frames.GetType().GetMember("Memory", All).Select(member => member is FieldInfo field ? field.GetValue(frames) : ((PropertyInfo)member).GetValue(frames)).Single()!;
        return memory.ToArray();
    }
}
