using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management.Http;

namespace ResilientRabbit.Management;

/// <summary>A client of RabbitMQ's management API.</summary>
/// <remarks>Thread-safe. Keeps connections open for some seconds; dispose it when it is not needed any more.</remarks>
public sealed partial class RabbitManagementClient : IRabbitManagementClient
{
    private readonly ManagementSettings _settings;
    private readonly ManagementTransport _transport;

    /// <summary>Initializes the client. Nothing is sent before the first call.</summary>
    /// <param name="options">The options; copied.</param>
    /// <param name="timeProvider">The clock of time-outs and pauses; <see langword="null"/> for the system's.</param>
    /// <exception cref="OptionsValidationException">The options are not valid; all problems are listed.</exception>
    public RabbitManagementClient(ManagementOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult result = new ManagementOptionsValidator().Validate(name: null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(ManagementOptions), result.Failures);
        }

        _settings = ManagementSettings.From(options);
        _transport = new ManagementTransport(_settings, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Closes the connections. Calls in progress end with a failure.</summary>
    public void Dispose() => _transport.Dispose();

    /// <summary>Returns the addresses.</summary>
    /// <returns>A text without secrets.</returns>
    public override string ToString() => _settings.ToString();

    private static T Read<T>(ManagementAnswer answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, type) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            // The cause is not passed on: it may repeat what the peer has sent.
            throw Malformed(answer, FormattableString.Invariant($"line {exception.LineNumber + 1 ?? 1}, byte {exception.BytePositionInLine ?? 0}"));
        }
    }

    private static ManagementException Malformed(ManagementAnswer answer, string where) => new(
        ManagementFailure.Malformed,
        $"{answer.Request} at {answer.Address}: {answer.Status}, but the body is not what the management API sends ({where}). Check that the address is that of the management API.")
    {
        Address = answer.Address.ToString(),
        Request = answer.Request.ToString(),
        StatusCode = answer.Status,
        Attempts = answer.Attempts,
    };

    private static string ConditionsOf(bool ifUnused, bool ifEmpty)
        => (ifUnused, ifEmpty) switch
        {
            (true, true) => "?if-unused=true&if-empty=true",
            (true, false) => "?if-unused=true",
            (false, true) => "?if-empty=true",
            _ => "",
        };

    private string VirtualHostOf(string? virtualHost) => virtualHost ?? _settings.VirtualHost;

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
        => Read(await _transport.SendAsync(ManagementRequest.Get(path), cancellationToken).ConfigureAwait(false), type);

    private Task<ManagementAnswer> PutAsync(string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken, IReadOnlyList<string>? secrets = null)
        => _transport.SendAsync(ManagementRequest.Put(path, write) with { Secrets = secrets ?? [] }, cancellationToken);

    private Task<ManagementAnswer> DeleteAsync(string path, CancellationToken cancellationToken) => _transport.SendAsync(ManagementRequest.Delete(path), cancellationToken);
}
