using Xunit;

namespace ResilientRabbit.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_is_the_approved_one() => Approval.Verify("PublicApi", PublicApiWriter.Write(typeof(IRabbitClient).Assembly));
}
