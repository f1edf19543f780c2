using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ResilientRabbit.ProtocolTests.Conformance;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>Traces go to strangers: no secret is in any name, tag, event, link or status of an activity, whatever goes wrong.</summary>
[Collection(AloneGroup.Name)]
public sealed class SecretTraceTests
{
    private static readonly string[] Forms =
    [
        TestLog.Canary,
        Convert.ToBase64String(Encoding.UTF8.GetBytes(TestLog.Canary)),
        Convert.ToBase64String(Encoding.Unicode.GetBytes(TestLog.Canary)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes("\0guest\0" + TestLog.Canary)),
        Convert.ToHexString(Encoding.UTF8.GetBytes(TestLog.Canary)),
    ];

    [Theory]
    [InlineData("the password is refused", "AuthenticationFailed")]
    [InlineData("the provider's exception holds the password", "CredentialsUnavailable")]
    [InlineData("the virtual host is refused", "VirtualHostRefused")]
    [InlineData("the port does not speak TLS", null)]
    [InlineData("nothing", null)]
    public async Task No_activity_holds_the_password(string wrong, string? reason)
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, "RabbitMQ.Client.Publisher", "RabbitMQ.Client.Subscriber");
        await using Bed bed = await Bed.StartAsync();
        string name = "traced-" + Guid.NewGuid().ToString("N");
        if (wrong is not "the password is refused")
        {
            bed.Broker.SetUser(new TestBrokerUser("guest", TestLog.Canary));
        }

        RabbitClient client = bed.NewClient(options =>
        {
            (options.ClientName, options.Password) = (name, TestLog.Canary);
            options.Publisher.DeliveryTimeout = wrong is "nothing" ? Bed.Patience : TimeSpan.FromSeconds(1);
            options.CredentialsProvider = wrong is "the provider's exception holds the password" ? new Failing() : null;
            options.VirtualHost = wrong is "the virtual host is refused" ? "missing" : "/";
            options.Tls.Enabled = wrong is "the port does not speak TLS";
        });
        string id = Guid.NewGuid().ToString("N");
        Task<PublishReceipt> publishing = Bed.PublishAsync(client, id);
        if (wrong is "nothing")
        {
            await publishing.WaitAsync(Bed.Patience);
        }
        else
        {
            await Bed.FailsAsync(publishing);
        }

        // Ends the activity of connecting, too.
        await client.DisposeAsync();
        Activity publish = Assert.Single(activities.Of(id, "publish"));
        Activity connect = activities.Stopped.First(activity => activity.OperationName is "connect" && (activity.GetTagItem("rabbitmq.client.connection.name") as string)!.StartsWith(name, StringComparison.Ordinal));

        Assert.Equal(wrong is "nothing", publish.Status == ActivityStatusCode.Unset);
        Assert.Equal(wrong is "nothing", connect.Status == ActivityStatusCode.Unset);
        Assert.True(wrong is "nothing" || connect.Events.Any(), "No attempt is told of.");
        Assert.True(reason is null || TextOf(connect).Contains(reason, StringComparison.Ordinal), TextOf(connect));
        AssertNoSecret(activities);
    }

    [Fact]
    public async Task No_activity_holds_the_password_that_a_refused_certificate_is_named_like()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name);
        using X509Certificate2 authority = TestCertificates.NewAuthority("CN=" + TestLog.Canary);
        using X509Certificate2 certificate = TestCertificates.NewLeaf("a name that is the password", TestLog.Canary, authority);
        await using TestBroker broker = await TestBroker.StartAsync(new TestBrokerOptions { ServerCertificate = certificate });
        string name = "traced-" + Guid.NewGuid().ToString("N");
        var options = new ResilientRabbitOptions { ClientName = name, Password = TestLog.Canary };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.TlsPort}"));
        options.Tls.Enabled = true;
        (options.Publisher.DeliveryTimeout, options.Publisher.ConfirmStallTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5));
        var client = new RabbitClient(options);
        await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", Bed.Queue, "x"u8.ToArray()).AsTask());
        await client.DisposeAsync();

        Activity connect = activities.Stopped.First(activity => activity.OperationName is "connect" && (activity.GetTagItem("rabbitmq.client.connection.name") as string)!.StartsWith(name, StringComparison.Ordinal));
        Assert.Contains("TlsFailed", TextOf(connect), StringComparison.Ordinal);
        AssertNoSecret(activities);
    }

    private static void AssertNoSecret(ActivityRecorder activities) => Assert.All(activities.Stopped, static activity =>
    {
        string text = TextOf(activity);
        Assert.All(Forms, form => Assert.False(text.Contains(form, StringComparison.OrdinalIgnoreCase), $"A secret is in the activity {activity.OperationName}."));
    });

    /// <summary>Everything that an exporter may send of an activity.</summary>
    private static string TextOf(Activity activity)
    {
        var text = new StringBuilder().AppendLine(activity.DisplayName).AppendLine(activity.OperationName).AppendLine(activity.StatusDescription).AppendLine(activity.TraceStateString);
        Append(text, activity.TagObjects);
        Append(text, activity.Baggage.Select(static item => KeyValuePair.Create(item.Key, (object?)item.Value)));
        foreach (ActivityEvent step in activity.Events)
        {
            text.AppendLine(step.Name);
            Append(text, step.Tags);
        }

        foreach (ActivityLink link in activity.Links)
        {
            Append(text, link.Tags ?? []);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, IEnumerable<KeyValuePair<string, object?>> tags)
    {
        foreach ((string key, object? value) in tags)
        {
            text.Append(key).Append('=').AppendLine(Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }

    private sealed class Failing : IRabbitCredentialsProvider
    {
        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("It was " + TestLog.Canary, new FormatException(TestLog.Canary));
    }
}
