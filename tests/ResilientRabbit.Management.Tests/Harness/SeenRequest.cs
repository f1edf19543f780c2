namespace ResilientRabbit.Management.Tests.Harness;

/// <summary>A request as it came over the socket.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public override string ToString() => $"{Method} {Target}";
}
