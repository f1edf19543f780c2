using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The rules of translation for declarations and consumers.</summary>
internal static class OsloQueueMapping
{
    private const long LongestExpirySeconds = 49L * 24 * 60 * 60;

    public static void Map(OsloMapping mapping)
    {
        OsloValues values = mapping.Values;
        if (values.Flag(OsloQueueOptions.HaQueues) && (values.Flag(OsloQueueOptions.Quorum) || values.Flag(OsloQueueOptions.TransientQuorum)))
        {
            string other = values.Flag(OsloQueueOptions.Quorum) ? OsloQueueOptions.Quorum.Name : OsloQueueOptions.TransientQuorum.Name;
            mapping.Refuse(OsloQueueOptions.HaQueues, $"is true, and {other} is true; a queue is mirrored or quorum, not both");
            return;
        }

        MapFlag(mapping, OsloQueueOptions.Durable, "Declarations:Durable", static (options, value) => options.Declarations.Durable = value);
        MapFlag(mapping, OsloQueueOptions.AutoDelete, "Declarations:AutoDelete", static (options, value) => options.Declarations.AutoDelete = value);
        MapFlag(mapping, OsloQueueOptions.HaQueues, "Declarations:HaPolicyArgument", static (options, value) => options.Declarations.HaPolicyArgument = value);
        MapFlag(mapping, OsloQueueOptions.CancelOnFailover, "Consumers:CancelOnFailover", static (options, value) => options.Consumers.CancelOnFailover = value);
        MapQuorum(mapping, OsloQueueOptions.Quorum, "Declarations:QueueType", static (options, type) => options.Declarations.QueueType = type);
        MapQuorum(mapping, OsloQueueOptions.TransientQuorum, "Declarations:TransientQueueType", static (options, type) => options.Declarations.TransientQueueType = type);
        MapLimits(mapping);
        MapPrefetch(mapping);
    }

    private static void MapFlag(OsloMapping mapping, OsloOption option, string target, Action<ResilientRabbitOptions, bool> set)
    {
        if (mapping.Values.IsWritten(option))
        {
            bool value = mapping.Values.Flag(option);
            mapping.Set(option, target, value, options => set(options, value));
        }
    }

    private static void MapQuorum(OsloMapping mapping, OsloOption option, string target, Action<ResilientRabbitOptions, QueueType?> set)
    {
        if (mapping.Values.IsWritten(option))
        {
            QueueType? type = mapping.Values.Flag(option) ? QueueType.Quorum : null;
            mapping.Set(option, target, type?.ToString() ?? "none", options => set(options, type));
        }
    }

    private static void MapLimits(OsloMapping mapping)
    {
        // 0 sets no limit, as in oslo.
        if (mapping.Written(OsloQueueOptions.DeliveryLimit, 0, int.MaxValue) is > 0 and { } limit)
        {
            mapping.Set(OsloQueueOptions.DeliveryLimit, "Declarations:DeliveryLimit", limit, options => options.Declarations.DeliveryLimit = (int)limit);
        }

        if (mapping.Written(OsloQueueOptions.MemoryLength, 0, long.MaxValue) is > 0 and { } length)
        {
            mapping.Set(OsloQueueOptions.MemoryLength, "Declarations:MaxInMemoryLength", length, options => options.Declarations.MaxInMemoryLength = length);
        }

        if (mapping.Written(OsloQueueOptions.MemoryBytes, 0, long.MaxValue) is > 0 and { } bytes)
        {
            mapping.Set(OsloQueueOptions.MemoryBytes, "Declarations:MaxInMemoryBytes", bytes, options => options.Declarations.MaxInMemoryBytes = bytes);
        }

        if (mapping.Written(OsloQueueOptions.TransientTtl, 0, LongestExpirySeconds) is > 0 and { } seconds)
        {
            TimeSpan expiry = TimeSpan.FromSeconds(seconds);
            mapping.Set(OsloQueueOptions.TransientTtl, "Declarations:TransientQueueExpiry", expiry, options => options.Declarations.TransientQueueExpiry = expiry);
        }
    }

    private static void MapPrefetch(OsloMapping mapping)
    {
        switch (mapping.Written(OsloQueueOptions.Prefetch, 0, ushort.MaxValue))
        {
            case 0:
                mapping.Note(OsloQueueOptions.Prefetch, "nothing is unlimited here: the SDK's default stays");
                break;
            case { } count:
                mapping.Set(OsloQueueOptions.Prefetch, "Consumers:Prefetch", count, options => options.Consumers.Prefetch = (int)count);
                if (count > OptionWarnings.QuorumPrefetch && (mapping.Values.Flag(OsloQueueOptions.Quorum) || mapping.Values.Flag(OsloQueueOptions.TransientQuorum)))
                {
                    mapping.Note(OsloQueueOptions.Prefetch, string.Create(CultureInfo.InvariantCulture, $"a quorum queue serves at most {OptionWarnings.QuorumPrefetch} at a time"));
                }

                break;
        }
    }
}
