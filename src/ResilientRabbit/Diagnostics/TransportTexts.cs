namespace ResilientRabbit.Diagnostics;

/// <summary>The words with which our transport fails the driver's reads and writes. The driver repeats them in its reports.</summary>
internal static class TransportTexts
{
    public const string Closed = "The connection is closed.";

    public const string ReadFailed = "The connection failed while reading.";
}
