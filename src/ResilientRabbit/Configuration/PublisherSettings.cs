namespace ResilientRabbit.Configuration;

/// <summary>The frozen form of <see cref="PublisherOptions"/>; the names and meanings are the same.</summary>
internal sealed record PublisherSettings
{
    public required int Connections { get; init; }

    public required int Lanes { get; init; }

    public required int InFlightWindow { get; init; }

    public required bool AdaptiveWindow { get; init; }

    public required long InFlightBytes { get; init; }

    public required TimeSpan DeliveryTimeout { get; init; }

    public required TimeSpan ConfirmStallTimeout { get; init; }

    public required int MaxPendingMessages { get; init; }

    public required long MaxPendingBytes { get; init; }

    public required int MaxMessageSize { get; init; }

    public required BufferFullMode BufferFull { get; init; }

    public required bool Mandatory { get; init; }

    public required bool Persistent { get; init; }

    public required bool PreserveOrder { get; init; }

    public required bool Packing { get; init; }

    public required int PackMaxMessages { get; init; }

    public required int PackMaxBytes { get; init; }

    public required int PackMaxMessageBytes { get; init; }

    public required TimeSpan PackLinger { get; init; }

    public required TimeSpan LeaderRefreshInterval { get; init; }

    /// <summary>Copies valid options.</summary>
    public static PublisherSettings From(PublisherOptions options) => new()
    {
        Connections = options.Connections,
        Lanes = options.Lanes,
        InFlightWindow = options.InFlightWindow,
        AdaptiveWindow = options.AdaptiveWindow,
        InFlightBytes = options.InFlightBytes,
        DeliveryTimeout = options.DeliveryTimeout,
        ConfirmStallTimeout = options.ConfirmStallTimeout,
        MaxPendingMessages = options.MaxPendingMessages,
        MaxPendingBytes = options.MaxPendingBytes,
        MaxMessageSize = options.MaxMessageSize,
        BufferFull = options.BufferFull,
        Mandatory = options.Mandatory,
        Persistent = options.Persistent,
        PreserveOrder = options.PreserveOrder,
        Packing = options.Packing,
        PackMaxMessages = options.PackMaxMessages,
        PackMaxBytes = options.PackMaxBytes,
        PackMaxMessageBytes = options.PackMaxMessageBytes,
        PackLinger = options.PackLinger,
        LeaderRefreshInterval = options.LeaderRefreshInterval,
    };
}
