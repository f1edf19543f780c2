namespace ResilientRabbit.Connections;

/// <summary>The one place that turns an exception of the driver, the runtime or Polly into a reason.</summary>
internal static class FailureClassifier
{
    /// <summary>The AMQP reply code and text when the exception carries a shutdown reason of the broker: (0, "") otherwise. Works for OperationInterruptedException and AlreadyClosedException, inner ones too.</summary>
    public static (int Code, string Text) ReplyOf(Exception exception) => throw new NotSupportedException();

    /// <summary>True when a request on a channel failed because its answer did not come in time (the driver reports that as TaskCanceledException).</summary>
    public static bool IsTimeout(Exception exception) => throw new NotSupportedException();
}
