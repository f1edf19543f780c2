using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What the checker judges by: a drain that failed on the way must neither hide messages nor count them twice.</summary>
public sealed class DrainResultTests
{
    private readonly DrainResult _drain = new();

    [Fact]
    public void What_a_failed_attempt_took_is_kept_and_what_comes_again_is_counted_once()
    {
        _drain.Add([Message("a"), Message("b"), Message("c")], isComplete: false);
        _drain.Add([Message("c", redelivered: true), Message("d")], isComplete: true);

        Assert.Equal(["a", "b", "c", "d"], _drain.Messages.Select(static message => message.MessageId));
    }

    [Fact]
    public void A_second_copy_that_was_never_taken_before_counts()
    {
        _drain.Add([Message("a")], isComplete: false);
        _drain.Add([Message("a", redelivered: true), Message("a", redelivered: true), Message("b", redelivered: true)], isComplete: true);
        _drain.Add([Message("b", redelivered: true)], isComplete: true);

        Assert.Equal(["a", "a", "b", "b"], _drain.Messages.Select(static message => message.MessageId));
    }

    private static DrainedMessage Message(string id, bool redelivered = false) => new()
    {
        Exchange = "",
        RoutingKey = "q",
        MessageId = id,
        Body = default,
        Redelivered = redelivered,
        Headers = new Dictionary<string, object?>(StringComparer.Ordinal),
    };
}
