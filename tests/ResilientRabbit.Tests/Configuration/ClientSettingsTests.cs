using System.Reflection;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class ClientSettingsTests
{
    private const string Secret = "s3cret-Pa55";

    [Fact]
    public void The_defaults_are_valid_and_mean_this_machine()
    {
        ClientSettings settings = ClientSettings.From(new ResilientRabbitOptions());

        Assert.Equal([new RabbitEndpoint("localhost", 5672)], settings.Endpoints);
        Assert.Equal("/", settings.VirtualHost);
        Assert.False(string.IsNullOrEmpty(settings.ClientName));
    }

    [Fact]
    public void Without_endpoints_the_port_still_counts()
        => Assert.Equal([new RabbitEndpoint("localhost", 5673)], ClientSettings.From(new ResilientRabbitOptions { Port = 5673 }).Endpoints);

    [Fact]
    public void Endpoints_keep_their_order_and_lose_their_exact_duplicates()
    {
        var options = new ResilientRabbitOptions { Endpoints = { "b", "a:5673", "b:5672", "B", "a:5673" } };

        ClientSettings settings = ClientSettings.From(options);

        Assert.Equal("b:5672 a:5673 B:5672", string.Join(' ', settings.Endpoints));
    }

    [Fact]
    public void Later_changes_of_the_options_have_no_effect()
    {
        var options = new ResilientRabbitOptions { Endpoints = { "a" } };
        ClientSettings settings = ClientSettings.From(options);

        options.Endpoints.Add("b");
        options.UserName = "other";
        options.Publisher.Lanes = 8;

        Assert.Single(settings.Endpoints);
        Assert.Equal("guest", settings.UserName);
        Assert.Equal(4, settings.Publisher.Lanes);
    }

    [Fact]
    public void Every_property_of_the_options_is_copied()
    {
        var options = new ResilientRabbitOptions
        {
            VirtualHost = "v", UserName = "u", Password = "p", ClientName = "c",
            Heartbeat = TimeSpan.FromSeconds(11), ConnectTimeout = TimeSpan.FromSeconds(12), ReconnectDelay = TimeSpan.FromSeconds(1),
            ReconnectMaxDelay = TimeSpan.FromSeconds(14), RequestTimeout = TimeSpan.FromSeconds(15), ShutdownTimeout = TimeSpan.FromSeconds(16),
            ConfigureDriver = static _ => { },
            Authentication = SaslMechanism.Plain, ReconnectStep = TimeSpan.FromSeconds(2), EndpointOrder = EndpointOrder.Shuffle,
            ConnectionMode = ConnectionMode.VirtualIp, FailBackDelay = TimeSpan.FromSeconds(17), MoveTimeout = TimeSpan.FromSeconds(18), NodeNameProperty = "name", MaxInboundMessageSize = 19,
            Consumers = { Prefetch = 8, CancelOnFailover = true, ResubscribeDelay = TimeSpan.FromSeconds(3), ResubscribeSplay = TimeSpan.FromSeconds(4) },
            Declarations =
            {
                QueueType = QueueType.Quorum, TransientQueueType = QueueType.Classic, Durable = false, AutoDelete = true, DeliveryLimit = 3, MaxInMemoryLength = 4, MaxInMemoryBytes = 5,
                TransientQueueExpiry = TimeSpan.FromSeconds(6),
            },
            Publisher =
            {
                Connections = 3, Lanes = 5, InFlightWindow = 7, DeliveryTimeout = TimeSpan.FromSeconds(21), ConfirmStallTimeout = TimeSpan.FromSeconds(20),
                MaxPendingMessages = 22, MaxPendingBytes = 2000, MaxMessageSize = 700, BufferFull = BufferFullMode.Fail,
                Mandatory = false, Persistent = false, PreserveOrder = false, Packing = true, PackMaxMessages = 9, PackMaxBytes = 512, PackMaxMessageBytes = 10, PackLinger = TimeSpan.FromMilliseconds(5),
            },
        };
        ClientSettings settings = ClientSettings.From(options);
        AssertCopied(
            options, settings, nameof(options.Endpoints), nameof(options.Uris), nameof(options.Port), nameof(options.Tls), nameof(options.Publisher), nameof(options.Consumers), nameof(options.Declarations),
            nameof(options.ProxyIdleTimeout));
        AssertCopied(options.Consumers, settings.Consumers);
        AssertCopied(options.Declarations, settings.Declarations);
        AssertCopied(options.Publisher, settings.Publisher);
    }

    [Fact]
    public void The_password_is_in_no_text()
    {
        var options = new ResilientRabbitOptions { Password = Secret, Endpoints = { "node" } };

        Assert.DoesNotContain(Secret, options.ToString(), StringComparison.Ordinal);
        Assert.Equal("amqp://guest:***@node/", options.ToString());
        Assert.DoesNotContain(Secret, ClientSettings.From(options).ToString(), StringComparison.Ordinal);
        Assert.Contains("guest:***@node:5672/", ClientSettings.From(options).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_in_an_endpoint_are_refused_and_in_no_text()
    {
        var options = new ResilientRabbitOptions { Endpoints = { $"amqp://nova:{Secret}@node", $"nova:{Secret}@node", $"node:{Secret}" } };

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => ClientSettings.From(options));

        Assert.Equal(3, exception.Failures.Count());
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
        options.Endpoints.RemoveAt(2);
        Assert.DoesNotContain(Secret, options.ToString(), StringComparison.Ordinal);
    }

    private static void AssertCopied<TFrom, TTo>(TFrom from, TTo to, params string[] except)
    {
        foreach (PropertyInfo property in typeof(TFrom).GetProperties().Where(property => !except.Contains(property.Name, StringComparer.Ordinal)))
        {
            Assert.Equal(property.GetValue(from), typeof(TTo).GetProperty(property.Name)!.GetValue(to));
        }
    }
}
