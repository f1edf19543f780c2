using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class OptionsValidatorTests
{
    public static TheoryData<string, string, Action<ResilientRabbitOptions>> Bad() => new()
    {
        { "Endpoints:1", "empty", o => { o.Endpoints.Add("a"); o.Endpoints.Add(""); } },
        { "Endpoints:0", "empty", o => o.Endpoints.Add(null!) },
        { "Port", "is 0", o => o.Port = 0 },
        { "Port", "is -2", o => o.Port = -2 },
        { "Port", "is 65536", o => o.Port = 65536 },
        { "VirtualHost", "empty", o => o.VirtualHost = "" },
        { "VirtualHost", "empty", o => o.VirtualHost = null! },
        { "VirtualHost", "NUL", o => o.VirtualHost = "a\0b" },
        { "VirtualHost", "has 258", o => o.VirtualHost = new string('€', 86) },
        { "VirtualHost", "Unicode", o => o.VirtualHost = "\ud800" },
        { "UserName", "empty", o => o.UserName = "" },
        { "UserName", "NUL", o => o.UserName = "a\0" },
        { "Password", "empty", o => o.Password = "" },
        { "Password", "empty", o => o.Password = null! },
        { "Password", "NUL", o => o.Password = "\0" },
        { "ClientName", "empty", o => o.ClientName = " " },
        { "ClientName", "has 3001", o => o.ClientName = new string('a', 3001) },
        { "ClientName", "control", o => o.ClientName = "a\nb" },
        { "ClientName", "://", o => o.ClientName = "amqp://u:p@h" },
        { "Heartbeat", "is 00:00:00", o => o.Heartbeat = TimeSpan.Zero },
        { "Heartbeat", "whole seconds", o => o.Heartbeat = TimeSpan.FromMilliseconds(1500) },
        { "Heartbeat", "is 18:12:16", o => o.Heartbeat = TimeSpan.FromSeconds(65536) },
        { "Heartbeat", "is -", o => o.Heartbeat = Timeout.InfiniteTimeSpan },
        { "ConnectTimeout", "is 00:00:00", o => o.ConnectTimeout = TimeSpan.Zero },
        { "ConnectTimeout", "is 10675199", o => o.ConnectTimeout = TimeSpan.MaxValue },
        { "ReconnectDelay", "is 00:00:00", o => o.ReconnectDelay = TimeSpan.Zero },
        { "ReconnectDelay", "ReconnectMaxDelay (00:00:05), is 00:00:11", o => o.ReconnectDelay = TimeSpan.FromSeconds(11) },
        { "RequestTimeout", "is -00:00:01", o => o.RequestTimeout = TimeSpan.FromSeconds(-1) },
        { "ShutdownTimeout", "is 00:00:00", o => o.ShutdownTimeout = TimeSpan.Zero },
        { "Publisher:Connections", "is 17", o => (o.Publisher.Connections, o.Publisher.Lanes) = (17, 256) },
        { "Publisher:Connections", "Lanes (1), is 2", o => o.Publisher.Lanes = 1 },
        { "Publisher:Lanes", "is 257", o => o.Publisher.Lanes = 257 },
        { "Publisher:InFlightWindow", "is 0", o => o.Publisher.InFlightWindow = 0 },
        { "Publisher:InFlightWindow", "is 65537", o => o.Publisher.InFlightWindow = 65537 },
        { "Publisher:InFlightBytes", "is 0", o => o.Publisher.InFlightBytes = 0 },
        { "Publisher:DeliveryTimeout", "is 25.00:00:00", o => o.Publisher.DeliveryTimeout = TimeSpan.FromDays(25) },
        { "Publisher:ConfirmStallTimeout", "is 00:00:00", o => o.Publisher.ConfirmStallTimeout = TimeSpan.Zero },
        { "Publisher:ConfirmStallTimeout", "DeliveryTimeout (00:02:00), is 00:02:00", o => o.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(120) },
        { "Publisher:MaxPendingMessages", "is 0", o => o.Publisher.MaxPendingMessages = 0 },
        { "Publisher:MaxPendingMessages", "Lanes (4), is 1", o => o.Publisher.MaxPendingMessages = 1 },
        { "Publisher:MaxPendingBytes", "is 1099511627777", o => o.Publisher.MaxPendingBytes = (1L << 40) + 1 },
        { "Publisher:MaxMessageSize", "is 0", o => o.Publisher.MaxMessageSize = 0 },
        { "Publisher:MaxMessageSize", "half of MaxPendingBytes (33554432), is 33554433", o => o.Publisher.MaxMessageSize = 32 * 1024 * 1024 + 1 },
        { "Publisher:PackMaxMessages", "is 1", o => o.Publisher.PackMaxMessages = 1 },
        { "Publisher:PackMaxMessages", "is 257", o => o.Publisher.PackMaxMessages = 257 },
        { "Publisher:PackMaxBytes", "is 255", o => o.Publisher.PackMaxBytes = 255 },
        { "Publisher:PackMaxBytes", "MaxMessageSize (20000), is 32768", o => (o.Publisher.Packing, o.Publisher.MaxMessageSize) = (true, 20_000) },
        { "Publisher:PackMaxMessageBytes", "is -1", o => o.Publisher.PackMaxMessageBytes = -1 },
        { "Publisher:PackMaxMessageBytes", "PackMaxBytes less 4 (32764), is 32765", o => (o.Publisher.Packing, o.Publisher.PackMaxMessageBytes) = (true, 32_765) },
        { "Publisher:PackLinger", "is 00:00:02", o => o.Publisher.PackLinger = TimeSpan.FromSeconds(2) },
        { "ConnectionMode", "NodeList or LoadBalancer or VirtualIp, is 9", o => o.ConnectionMode = (ConnectionMode)9 },
        { "Heartbeat", "must be below ProxyIdleTimeout (00:00:10), is 00:00:10: an idle connection carries nothing but heartbeats", o => o.ProxyIdleTimeout = TimeSpan.FromSeconds(10) },
        { "ProxyIdleTimeout", "is 00:00:00", o => o.ProxyIdleTimeout = TimeSpan.Zero },
        { "FailBackDelay", "is 00:00:00.5", o => o.FailBackDelay = TimeSpan.FromMilliseconds(500) },
        { "FailBackDelay", "is 00:00:30, and ConnectionMode is LoadBalancer", o => (o.FailBackDelay, o.ConnectionMode) = (TimeSpan.FromSeconds(30), ConnectionMode.LoadBalancer) },
        { "MoveTimeout", "is 00:00:00", o => o.MoveTimeout = TimeSpan.Zero },
        { "NodeNameProperty", "empty", o => o.NodeNameProperty = "" },
        { "MaxInboundMessageSize", "is 0", o => o.MaxInboundMessageSize = 0 },
        { "Publisher:BufferFull", "Wait or Fail, is 7", o => o.Publisher.BufferFull = (BufferFullMode)7 },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_bad_value_is_refused_with_its_path_and_its_rule(string key, string text, Action<ResilientRabbitOptions> spoil)
    {
        var options = new ResilientRabbitOptions();
        spoil(options);

        string[] failures = Failures(options);

        string failure = Assert.Single(failures);
        Assert.StartsWith($"ResilientRabbit:{key}: ", failure, StringComparison.Ordinal);
        Assert.Contains(text, failure, StringComparison.Ordinal);
        Assert.InRange(failure.Length, 1, 1024);
    }

    public static TheoryData<Action<ResilientRabbitOptions>> Good() => new()
    {
        o => o.Heartbeat = TimeSpan.FromSeconds(1),
        o => o.Heartbeat = TimeSpan.FromSeconds(65535),
        o => o.ReconnectDelay = o.ReconnectMaxDelay,
        o => o.ConnectTimeout = TimeSpan.FromDays(24),
        o => o.ConnectTimeout = TimeSpan.FromTicks(1),
        o => o.ReconnectMaxDelay = TimeSpan.FromDays(24),
        o => (o.ReconnectDelay, o.ReconnectMaxDelay) = (TimeSpan.FromDays(24), TimeSpan.FromDays(24)),
        o => (o.RequestTimeout, o.ShutdownTimeout, o.MoveTimeout) = (TimeSpan.FromDays(24), TimeSpan.FromDays(24), TimeSpan.FromDays(24)),
        o => (o.ConnectionMode, o.FailBackDelay) = (ConnectionMode.NodeList, TimeSpan.FromDays(24)),
        o => (o.Publisher.Connections, o.Publisher.Lanes) = (16, 16),
        o => (o.Publisher.Connections, o.Publisher.Lanes, o.Publisher.MaxPendingMessages) = (1, 1, 1),
        o => (o.Publisher.MaxMessageSize, o.Publisher.MaxPendingBytes) = (128 * 1024 * 1024, 256L * 1024 * 1024),
        o => (o.Publisher.Connections, o.Publisher.Lanes, o.Publisher.MaxMessageSize) = (1, 1, 64 * 1024 * 1024),
        o => o.Password = "% : @ / # ? + space \" \\ é 😀" + new string('x', 1000),
        o => o.VirtualHost = new string('€', 85),
        o => o.ClientName = new string('a', 3000),
    };

    [Theory]
    [MemberData(nameof(Good), DisableDiscoveryEnumeration = true)]
    public void A_value_at_the_edge_is_accepted(Action<ResilientRabbitOptions> change)
    {
        var options = new ResilientRabbitOptions();
        change(options);

        Assert.Empty(Failures(options));
    }

    [Theory]
    [MemberData(nameof(Good), DisableDiscoveryEnumeration = true)]
    public async Task A_client_can_be_made_with_a_value_at_the_edge(Action<ResilientRabbitOptions> change)
    {
        var options = new ResilientRabbitOptions();
        change(options);

        await using var client = new RabbitClient(options);

        Assert.Equal(ConnectionState.Disconnected, client.Status.State);
    }

    [Fact]
    public void All_problems_are_listed_at_once()
    {
        var options = new ResilientRabbitOptions { Port = 0, Password = "", Heartbeat = TimeSpan.Zero, Publisher = { Lanes = 0 } };

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => ClientSettings.From(options));

        Assert.Equal(
            "ResilientRabbit:Port ResilientRabbit:Password ResilientRabbit:Heartbeat ResilientRabbit:Publisher:Lanes ResilientRabbit:Publisher:Connections",
            string.Join(' ', exception.Failures.Select(static failure => failure[..failure.IndexOf(": ", StringComparison.Ordinal)])));
        Assert.Equal(typeof(ResilientRabbitOptions), exception.OptionsType);
    }

    [Fact]
    public void No_message_holds_the_password()
    {
        const string Secret = "s3cret";
        var options = new ResilientRabbitOptions { Password = Secret + "\0", ClientName = $"amqp://u:{Secret}@h", Endpoints = { $"u:{Secret}@h" }, Port = -1 };

        Assert.DoesNotContain(Failures(options), static failure => failure.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_of_another_name_are_not_its_business()
    {
        var validator = new ResilientRabbitOptionsValidator("east");

        Assert.True(validator.Validate("west", new ResilientRabbitOptions { Port = 0 }).Skipped);
        Assert.True(validator.Validate("east", new ResilientRabbitOptions { Port = 0 }).Failed);
    }

    private static string[] Failures(ResilientRabbitOptions options)
        => new ResilientRabbitOptionsValidator().Validate(Options.DefaultName, options).Failures?.ToArray() ?? [];
}
