using ResilientRabbit.Bridging;
using Xunit;

namespace ResilientRabbit.Tests.Bridging;

public sealed class ByteWindowTests
{
    private readonly ByteWindow _window = new(100);

    [Fact]
    public async Task Room_is_waited_for_and_given_when_there_is_enough()
    {
        Assert.True(_window.WaitAsync(60, CancellationToken.None).IsCompletedSuccessfully);
        _window.Take(60);
        _window.Take(40);
        Task waiting = _window.WaitAsync(50, CancellationToken.None);

        _window.Release(40);
        Assert.False(waiting.IsCompleted);
        _window.Release(60);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(0, _window.Used);
    }

    [Fact]
    public void One_that_is_larger_than_the_window_goes_alone()
    {
        Assert.True(_window.WaitAsync(500, CancellationToken.None).IsCompletedSuccessfully);
        _window.Take(500);

        Assert.False(_window.WaitAsync(1, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Waiting_ends_with_the_token()
    {
        using var gone = new CancellationTokenSource();
        _window.Take(100);
        Task waiting = _window.WaitAsync(1, gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }
}
