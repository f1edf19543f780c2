using System.Diagnostics;

namespace ResilientRabbit.Diagnostics;

/// <summary>The activity of opening one connection, from the first attempt to success: <c>connect</c>, after a loss <c>reconnect</c>. A trace of its own, with an event for each failed attempt.</summary>
internal sealed class ConnectTrace : IDisposable
{
    private readonly Activity? _activity;
    private ConnectionFailureReason? _last;
    private bool _isOpen;

    public ConnectTrace(string connection, bool isAgain) => _activity = Tracing.Start(isAgain ? "reconnect" : "connect", ActivityKind.Client, default,
    [
        TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemRabbit),
        TelemetryTags.Of(TelemetryTags.Connection, connection),
    ]);

    public void AttemptFailed(string endpoint, ConnectionFailureReason reason)
    {
        _last = reason;
        Tracing.AddEvent(_activity, "attempt failed", TelemetryTags.Of(TelemetryTags.ServerAddress, endpoint), TelemetryTags.Of(TelemetryTags.ErrorType, reason.ToString()));
    }

    public void Opened(string host, int port)
    {
        _isOpen = true;
        _activity?.SetTag(TelemetryTags.ServerAddress, host).SetTag(TelemetryTags.ServerPort, port);
    }

    /// <summary>Ends the activity: as an error when nothing was opened.</summary>
    public void Dispose() => Tracing.End(_activity, _isOpen ? null : (_last ?? ConnectionFailureReason.ClientClosed).ToString());
}
