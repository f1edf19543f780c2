using Microsoft.Extensions.DependencyInjection;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Handles each value with a handler from a scope of its own, which ends with the handling.</summary>
internal sealed class ScopedTypedHandler<THandler, T>(IServiceScopeFactory scopes) : IMessageHandler<T>
    where THandler : class, IMessageHandler<T>
{
    public async ValueTask<Settlement> HandleAsync(T value, ReceivedMessage message, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
            return await handler.HandleAsync(value, message, cancellationToken).ConfigureAwait(false);
        }
    }
}
