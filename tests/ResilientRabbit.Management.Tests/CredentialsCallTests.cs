using ResilientRabbit.Management.Http;
using Xunit;

namespace ResilientRabbit.Management.Tests;

public sealed class CredentialsCallTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_callback_of_the_provider_that_throws_ends_nothing_but_itself()
    {
        var provider = new Provider();
        var call = new CredentialsCall(ManagementSettings.From(new ManagementOptions { CredentialsProvider = provider }), TimeProvider.System);
        using var deadline = new CancellationTokenSource();
        Task<RabbitCredentials> asking = call.GetAsync(deadline.Token).AsTask();
        await provider.Waiting.WaitAsync(Limit);

        // As the timer does at the time limit: what comes out would end the process there.
        Exception? thrown = Record.Exception(deadline.Cancel);

        Assert.Null(thrown);
        AttemptException failure = await Assert.ThrowsAsync<AttemptException>(() => asking.WaitAsync(Limit));
        Assert.Equal(ManagementFailure.CredentialsUnavailable, failure.Failure);
    }

    private sealed class Provider : IRabbitCredentialsProvider
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waiting => _waiting.Task;

        public async ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
        {
            await using CancellationTokenRegistration thrower = cancellationToken.Register(static () => throw new InvalidOperationException("a drill"));
            _waiting.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return new RabbitCredentials("u", "p");
        }
    }
}
