using System.Text;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>No text shows a secret, whatever the other side sends back.</summary>
public sealed class SecretTests
{
    // As in the other test projects: the scanner of test.sh looks for it in all output.
    private const string Canary = "zq9" + "CANARY" + "q9z";

    // With letters that URIs and JSON write in another form.
    private const string Secret = Canary + "/+";

    [Fact]
    public async Task A_peer_that_repeats_our_secrets_does_not_bring_them_into_a_text()
    {
        await using var peer = new HttpPeer(static request =>
        {
            string token = request.Headers["Authorization"].Split(' ')[1];
            string reason = $"{token} {Encoding.UTF8.GetString(Convert.FromBase64String(token))} {Uri.EscapeDataString(Secret)} {request.Body.Replace('"', '\'').Replace("\\", "\\\\", StringComparison.Ordinal)}";
            return Reply($$"""{"reason":"{{reason}}"}""", 400);
        });
        using RabbitManagementClient client = peer.NewClient(static options => options.Password = Secret);
        using RabbitManagementClient other = peer.NewClient();
        Func<Task>[] calls =
        [
            () => client.GetOverviewAsync(),
            () => other.SetUserAsync("u", Secret),
            () => other.SetParameterAsync("c", "n", $"amqp://user:{Secret}@host/%2f"),
            () => other.SetFederationUpstreamAsync(new FederationUpstream { Name = "up", Uris = [$"amqp://user:{Secret}@host"] }),
            () => other.SetShovelAsync(new Shovel { Name = "s", SourceUris = [$"amqp://user:{Secret}@host"], DestinationUris = ["amqp://"] }),
        ];

        foreach (Func<Task> call in calls)
        {
            ManagementException failure = await Failing.WithAsync(ManagementFailure.BadRequest, call);
            Assert.DoesNotContain(Canary, failure.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("guest:" + Secret)), failure.ToString(), StringComparison.Ordinal);
            Assert.Contains("***", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task States_of_links_and_shovels_are_shown_without_credentials()
    {
        await using var peer = new HttpPeer(static request => Reply(request.Target.Contains("shovels", StringComparison.Ordinal)
            ? $$"""[{"name":"s","vhost":"/","state":"terminated","reason":"{error,amqp://u:{{Secret}}@h}","src_uri":"amqp://u:{{Secret}}@h"}]"""
            : $$"""[{"upstream":"up","status":"error","error":{"a":"amqp://u:{{Secret}}@h"},"uri":"amqp://u:{{Secret}}@h"}]"""));
        using RabbitManagementClient client = peer.NewClient();

        ShovelStatus shovel = Assert.Single(await client.ListShovelStatusAsync());
        FederationLinkInfo link = Assert.Single(await client.ListFederationLinksAsync());

        Assert.DoesNotContain(Canary, shovel.ToString() + link, StringComparison.Ordinal);
        Assert.Equal(("amqp://***@h", "{error,amqp://***@h}"), (shovel.SourceUri, shovel.Reason));
        Assert.Equal("""{"a":"amqp://***@h"}""", link.Error);
        Assert.False(link.IsRunning || shovel.IsRunning);
    }

    [Fact]
    public async Task Texts_of_what_holds_secrets_do_not_show_them()
    {
        await using var peer = new HttpPeer(static request => Reply(request.Target.Contains("users", StringComparison.Ordinal)
            ? $$"""{"name":"u","password_hash":"{{Secret}}","hashing_algorithm":"a","tags":"administrator, monitoring"}"""
            : $$"""[{"component":"shovel","vhost":"/","name":"s","value":{"src-uri":"amqp://u:{{Secret}}@h","dest-uri":["amqp://u:{{Secret}}@i","amqp://"],"ack-mode":"no-ack"} }]"""));
        using RabbitManagementClient client = peer.NewClient(static options => options.Password = Secret);

        UserInfo user = await client.GetUserAsync("u");
        Shovel shovel = Assert.Single(await client.ListShovelsAsync());
        ParameterInfo parameter = Assert.Single(await client.ListParametersAsync("shovel"));

        Assert.DoesNotContain(Canary, $"{user}{shovel}{parameter}{client}{new ManagementOptions { Password = Secret }}", StringComparison.Ordinal);
        Assert.Equal(["administrator", "monitoring"], user.Tags);
        Assert.Equal([$"amqp://u:{Secret}@i", "amqp://"], shovel.DestinationUris);
        Assert.Equal(TransferAckMode.NoAck, shovel.AckMode);
    }

    [Fact]
    public async Task A_providers_words_are_not_repeated()
    {
        await using var peer = new HttpPeer(static _ => Reply("{}"));
        using RabbitManagementClient failing = peer.NewClient(static options => options.CredentialsProvider = new Provider(_ => throw new InvalidOperationException(Secret)));
        using RabbitManagementClient nothing = peer.NewClient(static options => options.CredentialsProvider = new Provider(static _ => null!));
        using RabbitManagementClient expired = peer.NewClient(static options => options.CredentialsProvider = new Provider(static _ => new RabbitCredentials("u", Secret, DateTimeOffset.UnixEpoch)));

        foreach (RabbitManagementClient client in new[] { failing, nothing, expired })
        {
            ManagementException failure = await Failing.WithAsync(ManagementFailure.CredentialsUnavailable, () => client.GetOverviewAsync());
            Assert.DoesNotContain(Canary, failure.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task A_provider_is_asked_at_each_attempt()
    {
        await using var peer = new HttpPeer(static request => request.Headers["Authorization"].EndsWith(Convert.ToBase64String("u:3"u8), StringComparison.Ordinal) ? Reply("{}") : Reply("", 503));
        using RabbitManagementClient client = peer.NewClient(static options => options.CredentialsProvider = new Provider(static call => new RabbitCredentials("u", FormattableString.Invariant($"{call}"))));

        await client.GetOverviewAsync();

        Assert.Equal(3, peer.Seen.Count);
    }

    [Fact]
    public void Wrong_options_are_refused_with_all_problems_and_without_their_secrets()
    {
        var options = new ManagementOptions
        {
            Addresses = { $"http://user:{Secret}@host:15672", "", "ftp://x", "host:99999", $"http://host/?token={Secret}" },
            UserName = "a:b",
            Password = Secret + "\n",
            VirtualHost = "",
            ConnectTimeout = TimeSpan.Zero,
            RequestTimeout = TimeSpan.FromDays(25),
            RetryDelay = TimeSpan.FromSeconds(-1),
            MaxAttempts = 0,
            MaxResponseSize = 1,
        };
        options.Tls.AcceptAnyCertificate = true;

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => new RabbitManagementClient(options));

        string[] keys = ["Addresses:0", "Addresses:1", "Addresses:2", "Addresses:3", "Addresses:4", "UserName", "Password", "VirtualHost", "ConnectTimeout", "RequestTimeout", "RetryDelay", "MaxAttempts", "MaxResponseSize", "Tls:AcceptAnyCertificate"];
        Assert.All(keys, key => Assert.Contains(refused.Failures, failure => failure.StartsWith($"ResilientRabbit:Management:{key}: ", StringComparison.Ordinal)));
        Assert.Equal(keys.Length, refused.Failures.Count());
        Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
    }

    private sealed class Provider(Func<int, RabbitCredentials> next) : IRabbitCredentialsProvider
    {
        private int _calls;

        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(next(Interlocked.Increment(ref _calls)));
    }
}
