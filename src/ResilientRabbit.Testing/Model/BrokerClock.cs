namespace ResilientRabbit.Testing.Model;

/// <summary>The broker's time in milliseconds since 1970: that of a <see cref="TimeProvider"/>, moved forward by words of the test.</summary>
internal sealed class BrokerClock(TimeProvider timeProvider)
{
    private long _advanced;

    public TimeProvider TimeProvider { get; } = timeProvider;

    public long Now => TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() + Volatile.Read(ref _advanced);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _advanced, (long)by.TotalMilliseconds);
}
