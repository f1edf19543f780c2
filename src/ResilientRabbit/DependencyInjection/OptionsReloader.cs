using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.DependencyInjection;

/// <summary>Hands changes of the configuration to a running client. What is not valid leaves the old in force and is reported once, until it changes again.</summary>
internal sealed class OptionsReloader : IDisposable
{
    private readonly RabbitClient _client;
    private readonly ClientRegistration _registration;
    private readonly IOptionsFactory<ResilientRabbitOptions> _options;
    private readonly ILogger _logger;
    private readonly List<IDisposable> _watches;
    private readonly Lock _gate = new();
    private string? _reported;

    public OptionsReloader(RabbitClient client, ClientRegistration registration, IOptionsFactory<ResilientRabbitOptions> options, ILogger logger, TimeProvider time)
    {
        _client = client;
        _registration = registration;
        _options = options;
        _logger = logger;
        _watches = [.. registration.Sections.Origins.Select(origin => origin.Watch(Reload, time))];
    }

    public void Dispose() => _watches.ForEach(static watch => watch.Dispose());

    private void Reload()
    {
        lock (_gate)
        {
            try
            {
                _client.Reconfigure(_options.Create(_registration.Name));
                _reported = null;
            }
            catch (ObjectDisposedException)
            {
                // The client was disposed meanwhile.
            }
            catch (OptionsValidationException exception)
            {
                Report(exception.Message);
            }
#pragma warning disable CA1031 // This runs on a timer, or inside somebody's reload: an exception from here would end the process.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Report(exception.GetType().Name);
            }
        }
    }

    private void Report(string problems)
    {
        if (!string.Equals(problems, _reported, StringComparison.Ordinal))
        {
            _reported = problems;
            _logger.ReloadRefused(_registration.Name, problems);
        }
    }
}
