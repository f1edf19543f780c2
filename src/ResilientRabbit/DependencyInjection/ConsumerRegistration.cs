using Microsoft.Extensions.DependencyInjection;

namespace ResilientRabbit.DependencyInjection;

/// <summary>A consumer that the host shall start.</summary>
internal sealed record ConsumerRegistration(string Queue, Action<ConsumerOptions>? Configure, Func<IServiceScopeFactory, IMessageHandler> NewHandler)
{
    /// <summary>Builds the options anew for each host.</summary>
    public ConsumerOptions NewOptions()
    {
        var options = new ConsumerOptions();
        Configure?.Invoke(options);
        return options;
    }
}
