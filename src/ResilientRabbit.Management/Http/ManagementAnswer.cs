namespace ResilientRabbit.Management.Http;

/// <summary>A complete answer.</summary>
/// <param name="Address">Who has given it.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body; empty where there was none.</param>
/// <param name="Request">The request, for the texts of failures.</param>
/// <param name="Attempts">How many times the request was tried.</param>
internal sealed record ManagementAnswer(ManagementAddress Address, int Status, ReadOnlyMemory<byte> Body, ManagementRequest Request, int Attempts)
{
    public override string ToString() => $"{Request}: {Status}";
}
