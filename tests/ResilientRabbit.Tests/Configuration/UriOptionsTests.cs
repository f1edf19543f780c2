using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class UriOptionsTests
{
    [Theory]
    [InlineData("amqp://h", "guest", "guest", "h:5672", "/")]
    [InlineData("AMQP://H", "guest", "guest", "H:5672", "/")]
    [InlineData("amqps://h", "guest", "guest", "h:5671", "/")]
    [InlineData("amqp://u:p@h:5673/v", "u", "p", "h:5673", "v")]
    [InlineData("amqp://u:p@[::1]:5673/%2f", "u", "p", "[::1]:5673", "/")]
    [InlineData("amqp://u:p:q@h/a%2Fb", "u", "p:q", "h:5672", "a/b")]
    [InlineData("amqp://u%40d:%25%20%3A%40%2F%23%3F%2B%22%5C%C3%A9%F0%9F%98%80@h.", "u@d", "% :@/#?+\"\\é😀", "h.:5672", "/")]
    [InlineData("amqp://u:p@under_score", "u", "p", "under_score:5672", "/")]
    public void A_URI_says_where_and_as_whom(string uri, string user, string password, string endpoint, string virtualHost)
    {
        ClientSettings settings = ClientSettings.From(new ResilientRabbitOptions { Uris = { uri } });

        RabbitEndpoint found = Assert.Single(settings.Endpoints);
        Assert.Equal((endpoint, virtualHost), (found.ToString(), settings.VirtualHost));
        Assert.Equal(new UserCredentials(user, password), settings.CredentialsOf(found));
        Assert.Equal(uri.StartsWith("amqps", StringComparison.Ordinal), settings.Tls is not null);
    }

    [Fact]
    public void Each_URI_has_its_own_credentials_and_those_without_the_clients()
    {
        var options = new ResilientRabbitOptions { UserName = "all", Password = "x", Uris = { "amqp://a:1@h1", "amqp://b:2@h2", "amqp://h3" } };

        ClientSettings settings = ClientSettings.From(options);

        Assert.Equal("a b all", string.Join(' ', settings.Endpoints.Select(endpoint => settings.CredentialsOf(endpoint).UserName)));
    }

    [Fact]
    public void A_long_password_survives()
    {
        string password = new('ü', 1000);
        ClientSettings settings = ClientSettings.From(new ResilientRabbitOptions { Uris = { $"amqp://u:{Uri.EscapeDataString(password)}@h" } });

        Assert.Equal(password, settings.CredentialsOf(settings.Endpoints[0]).Password);
    }

    [Fact]
    public void No_text_of_the_options_shows_the_password_of_a_URI()
    {
        var options = new ResilientRabbitOptions { Uris = { $"amqp://u:{Canary.Encoded}@h/v", $"amqp:u:{Canary.Secret}" } };

        Assert.Equal("amqp://u:***@h:5672 (a URI that is not valid)", options.ToString());
    }
}
