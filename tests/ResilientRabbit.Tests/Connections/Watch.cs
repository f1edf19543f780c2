using System.Runtime.CompilerServices;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Lets a test wait for a condition without polling: whoever changes something that tests look at says so.</summary>
internal sealed class Watch
{
    /// <summary>How long a test waits for what must happen; only a broken test or product reaches it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private TaskCompletionSource _changed = NewSource();

    public void Changed() => Interlocked.Exchange(ref _changed, NewSource()).TrySetResult();

    public async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            if (condition())
            {
                return;
            }

            try
            {
                await changed.WaitAsync(Limit);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Did not come true: {what}");
            }
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
