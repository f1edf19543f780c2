using Xunit;

namespace ResilientRabbit.Management.Tests.Harness;

/// <summary>Looks at the failure of a call.</summary>
internal static class Failing
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<ManagementException> WithAsync(ManagementFailure failure, Func<Task> call)
    {
        ManagementException exception = await Assert.ThrowsAsync<ManagementException>(() => call().WaitAsync(Patience));
        Assert.True(exception.Failure == failure, $"{exception.Failure} instead of {failure}: {exception.Message}");
        return exception;
    }
}
