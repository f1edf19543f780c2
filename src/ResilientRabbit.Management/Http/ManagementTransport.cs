namespace ResilientRabbit.Management.Http;

/// <summary>Sends requests to the address that answered last, and to the others when it does not. Thread-safe.</summary>
internal sealed class ManagementTransport : IDisposable
{
    private readonly ManagementSettings _settings;
    private readonly TimeProvider _time;
    private readonly AddressChannel[] _channels;
    private int _preferred;
    private int _disposed;

    public ManagementTransport(ManagementSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        var credentials = new CredentialsCall(settings, time);
        _channels = [.. settings.Addresses.Select(address => new AddressChannel(address, settings, credentials, time))];
    }

    /// <summary>Sends a request until an address has answered it.</summary>
    /// <exception cref="ManagementException">Nobody did, or the answer is a failure.</exception>
    public async Task<ManagementAnswer> SendAsync(ManagementRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, typeof(RabbitManagementClient));
        cancellationToken.ThrowIfCancellationRequested();
        AddressChannel[] channels = request.Only is { } only ? [Array.Find(_channels, channel => channel.Address == only)!] : _channels;
        int start = Volatile.Read(ref _preferred);
        int attempts = Math.Max(_settings.MaxAttempts, channels.Length);
        bool mayBeDone = false;
        for (int attempt = 1; ; attempt++)
        {
            AddressChannel channel = channels[(start + attempt - 1) % channels.Length];
            ManagementException failure;
            bool mayTryAgain;
            try
            {
                (ManagementAnswer answer, IReadOnlyList<string> secrets) = await channel.SendAsync(request, attempt, cancellationToken).ConfigureAwait(false);
                ManagementException? judged = AnswerJudge.FailureOf(answer, secrets);
                if (judged is null || (judged.Failure == ManagementFailure.NotFound && mayBeDone && request.Method == HttpMethod.Delete))
                {
                    // An earlier DELETE whose answer was lost has done it.
                    Prefer(channel);
                    return answer;
                }

                failure = judged;
                mayTryAgain = judged.IsTransient && request.IsRepeatable;
                mayBeDone |= judged.IsTransient;
            }
            catch (AttemptException exception)
            {
                failure = FailureOf(exception, request, channel.Address, attempt);
                mayTryAgain = exception.WasNotSent || (exception.IsWorthAnother && request.IsRepeatable);
                mayBeDone |= !exception.WasNotSent;
            }

            if (!mayTryAgain || attempt >= attempts)
            {
                throw failure;
            }

            if (attempt % channels.Length == 0)
            {
                await PauseAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Array.ForEach(_channels, static channel => channel.Dispose());
        }
    }

    private static ManagementException FailureOf(AttemptException exception, ManagementRequest request, ManagementAddress address, int attempts) => new(
        exception.Failure,
        $"{request} failed at {address}{(attempts > 1 ? FormattableString.Invariant($", attempt {attempts}") : "")}: {exception.Message.TrimEnd('.')}.",
        exception.InnerException)
    {
        Address = address.ToString(),
        Request = request.ToString(),
        Attempts = attempts,
    };

    private void Prefer(AddressChannel channel) => Volatile.Write(ref _preferred, Math.Max(0, Array.IndexOf(_channels, channel)));

    private Task PauseAsync(CancellationToken cancellationToken)
#pragma warning disable CA5394 // Jitter, no secret.
        => Task.Delay(_settings.RetryDelay * (0.5 + (Random.Shared.NextDouble() / 2)), _time, cancellationToken);
#pragma warning restore CA5394
}
