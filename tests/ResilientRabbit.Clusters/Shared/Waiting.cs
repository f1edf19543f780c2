using System.Diagnostics;

namespace ResilientRabbit.Clusters;

internal static class Waiting
{
    /// <summary>Polls until the condition says null; its text is why it does not hold yet. Exceptions count as not yet.</summary>
    public static async Task UntilAsync(Func<Task<string?>> findFault, string what, TimeSpan timeout, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (await TryUntilAsync(findFault, timeout, interval, cancellationToken) is { } fault)
        {
            throw new TimeoutException($"{what} did not happen within {timeout}: {fault}");
        }
    }

    /// <summary>The same, but returns the last fault instead of throwing.</summary>
    public static async Task<string?> TryUntilAsync(Func<Task<string?>> findFault, TimeSpan timeout, TimeSpan interval, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string? fault;
            try
            {
                fault = await findFault();
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                fault = exception.Message;
            }

            if (fault is null || Stopwatch.GetElapsedTime(start) > timeout)
            {
                return fault;
            }

            await Task.Delay(interval, cancellationToken);
        }
    }
}
