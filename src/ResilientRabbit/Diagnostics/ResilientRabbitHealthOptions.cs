namespace ResilientRabbit;

/// <summary>Says from when on a trouble makes a client unhealthy instead of degraded.</summary>
public sealed class ResilientRabbitHealthOptions
{
    /// <summary>Gets or sets how long no connection for publishing may be open.</summary>
    /// <value>30 seconds by default; zero to 24 days.</value>
    public TimeSpan ReconnectGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how old the oldest message without an outcome may become.</summary>
    /// <value>60 seconds by default, half of the default <see cref="PublisherOptions.DeliveryTimeout"/>; above zero, at most 24 days.</value>
    public TimeSpan UnconfirmedLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets how long a subscription may be without its consumer.</summary>
    /// <value>2 minutes by default; zero to 24 days.</value>
    public TimeSpan ConsumerGrace { get; set; } = TimeSpan.FromMinutes(2);

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        Check(ReconnectGrace, nameof(ReconnectGrace), TimeSpan.Zero);
        Check(UnconfirmedLimit, nameof(UnconfirmedLimit), TimeSpan.FromTicks(1));
        Check(ConsumerGrace, nameof(ConsumerGrace), TimeSpan.Zero);
    }

    private static void Check(TimeSpan value, string name, TimeSpan least)
    {
        if (value < least || value > TimeSpan.FromDays(24))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be between {least} and 24 days.");
        }
    }
}
