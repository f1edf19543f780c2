namespace ResilientRabbit.Management;

/// <summary>How a broker keeps copies of a queue on several nodes.</summary>
public enum Replication
{
    /// <summary>Classic queues, mirrored by a policy: RabbitMQ before 4.0.</summary>
    Mirroring,

    /// <summary>Quorum queues: RabbitMQ from 4.0 on, where mirroring is gone.</summary>
    Quorum,
}
