using Microsoft.Extensions.DependencyInjection;

namespace ResilientRabbit.DependencyInjection;

/// <summary>The builder of one registered client.</summary>
internal sealed class ResilientRabbitBuilder(IServiceCollection services, ClientRegistration registration) : IResilientRabbitBuilder
{
    public string Name => registration.Name;

    public IServiceCollection Services => services;
}
