using Microsoft.Extensions.DependencyInjection;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Handles each message with a handler from a scope of its own, which ends with the handling.</summary>
internal sealed class ScopedHandler<THandler>(IServiceScopeFactory scopes) : IMessageHandler
    where THandler : class, IMessageHandler
{
    public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
            return await handler.HandleAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }
}
