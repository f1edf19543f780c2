using Microsoft.Extensions.Logging;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>The SDK's log on the console when <c>RR_TEST_LOG</c> names a level: for hunting, not for the build.</summary>
public static class TestLog
{
    /// <summary>A secret that must never be seen. In pieces, so that only what leaks is found by the scanner of test.sh, which looks for it, also encoded, in all that tests write.</summary>
    public const string Canary = "zq9" + "CANARY" + "q9z";

    public static ILoggerFactory? Create()
        => Enum.TryParse(Environment.GetEnvironmentVariable("RR_TEST_LOG"), ignoreCase: true, out LogLevel level)
            ? LoggerFactory.Create(builder => builder.SetMinimumLevel(level).AddSimpleConsole(static options =>
            {
                options.SingleLine = true;
                options.TimestampFormat = "HH:mm:ss.fff ";
            }))
            : null;
}
