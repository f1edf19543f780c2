using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>The instrument itself: what waits is counted, what has ended is not.</summary>
[Collection(ClusterGroup.Name)]
public sealed class LiveTasksTests
{
    [Fact]
    public async Task What_waits_is_counted_until_it_ends()
    {
        using var tasks = new LiveTasks();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int before = OfThis(tasks);
        Task[] waiting = [.. Enumerable.Range(0, 50).Select(_ => WaitAsync(end.Task))];

        Assert.Equal(before + 50, OfThis(tasks));
        end.SetResult();
        await Task.WhenAll(waiting);
        Assert.Equal(before, OfThis(tasks));
    }

    private static int OfThis(LiveTasks tasks) => tasks.Count().Where(static kind => kind.Key.Contains(nameof(WaitAsync), StringComparison.Ordinal)).Sum(static kind => kind.Value);

    private static async Task WaitAsync(Task end) => await end;
}
