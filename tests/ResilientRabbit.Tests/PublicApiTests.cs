using ResilientRabbit.Management;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_is_the_approved_one() => Approval.Verify("PublicApi", PublicApiWriter.Write(typeof(IRabbitClient).Assembly));

    [Fact]
    public void The_public_api_of_the_management_package_is_the_approved_one() => Approval.Verify("PublicApi.Management", PublicApiWriter.Write(typeof(IRabbitManagementClient).Assembly));

    [Fact]
    public void The_public_api_of_the_testing_package_is_the_approved_one() => Approval.Verify("PublicApi.Testing", PublicApiWriter.Write(typeof(TestBroker).Assembly));
}
