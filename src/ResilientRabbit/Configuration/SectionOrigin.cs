using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using ResilientRabbit.Configuration.OpenStack;

namespace ResilientRabbit.Configuration;

/// <summary>A section of the application's configuration.</summary>
internal sealed class SectionOrigin(IConfiguration section) : IOptionsOrigin
{
    public string Path => SectionBinder.PathOf(section);

    public IReadOnlyList<string> Bind(ResilientRabbitOptions options) => SectionBinder.Bind(section, options);

    public void Describe(IDictionary<string, string> aliases, IDictionary<string, string> places) => OpenStackBinder.CollectAliases(section, aliases);

    public IDisposable Watch(Action changed, TimeProvider time) => ChangeToken.OnChange(section.GetReloadToken, changed);
}
