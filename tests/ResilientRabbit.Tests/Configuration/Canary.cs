namespace ResilientRabbit.Tests.Configuration;

/// <summary>A secret that must never be seen. test.sh looks for it, also encoded, in everything that the tests have written.</summary>
internal static class Canary
{
    /// <summary>Not a whole word in any source that prints: the scanner looks for it in logs.</summary>
    public const string Secret = "zq9" + "CANARY" + "q9z";

    public static readonly string Encoded = Uri.EscapeDataString(Secret + "/%:@");

    public static bool IsIn(string text) => text.Contains(Secret, StringComparison.OrdinalIgnoreCase);
}
