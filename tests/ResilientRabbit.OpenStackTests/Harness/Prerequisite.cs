using Xunit;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>A missing prerequisite skips a test on a developer's machine and fails it on a build server.</summary>
internal static class Prerequisite
{
    public static void Require(string? missing)
    {
        if (missing is not null)
        {
            Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), $"CI=true, and something is missing: {missing}");
            Assert.Skip(missing);
        }
    }
}
