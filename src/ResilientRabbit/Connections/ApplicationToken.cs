using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// A token for code of the application's that ends with tokens of ours. What the application's callbacks throw ends here, with a line in the log: on a token that ends by a time limit it would be thrown on
/// a timer's thread, which ends the process. They run on the pool, so that one that blocks holds up nothing of ours.
/// </summary>
/// <remarks>Dispose it when the application's code has returned, or is not waited for any more: then it ends if one of ours has, and is let go otherwise.</remarks>
internal sealed class ApplicationToken : IDisposable
{
    private readonly ILogger _logger;
    private readonly RepeatLimit? _repeats;
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _first;
    private readonly CancellationTokenRegistration _second;

    /// <param name="logger">Where it is told that a callback threw.</param>
    /// <param name="repeats">Bounds the log, where there may be a token for each message; null for no bound.</param>
    /// <param name="first">What it ends with.</param>
    /// <param name="second">What it ends with as well.</param>
    public ApplicationToken(ILogger logger, RepeatLimit? repeats, CancellationToken first, CancellationToken second = default)
    {
        _logger = logger;
        _repeats = repeats;
        Token = _source.Token;
        _first = first.UnsafeRegister(static self => ((ApplicationToken)self!).End(), this);
        _second = second.UnsafeRegister(static self => ((ApplicationToken)self!).End(), this);
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        if (_first.Token.IsCancellationRequested || _second.Token.IsCancellationRequested)
        {
            // Callbacks run newest first: who waits with the token of ours may have gone on before this one was told.
            End();
        }
        else if (!_source.IsCancellationRequested)
        {
            _source.Dispose();
        }
    }

    private void End() => _ = SessionTidying.CancelAsync(_source, _logger, _repeats);
}
