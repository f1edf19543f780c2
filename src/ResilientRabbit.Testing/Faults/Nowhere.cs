using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// "Confirm, but do not store", for any broker: the publish is readdressed to the default exchange with a routing key that no queue has.
/// The broker confirms it as it confirms all unroutable messages, and its count of the publishes stays the client's.
/// </summary>
internal static class Nowhere
{
    private static readonly string RoutingKey = "resilient-rabbit-testing.nowhere." + Guid.NewGuid().ToString("N");

    public static Command Route(Command publish)
    {
        using var writer = new WireWriter();
        writer.WriteMethod(publish.Channel, new AmqpBasic.Publish("", RoutingKey, Mandatory: false, Immediate: false));
        foreach (Frame frame in publish.Frames.Skip(1))
        {
            writer.Raw(frame.Raw.Span);
        }

        return new Command(writer.Written.ToArray()) { PublishNumber = publish.PublishNumber };
    }
}
