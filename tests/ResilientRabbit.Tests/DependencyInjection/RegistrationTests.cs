using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ResilientRabbit.Tests.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.DependencyInjection;

public sealed class RegistrationTests
{
    [Fact]
    public async Task The_default_client_and_its_publisher_are_singletons()
    {
        await using ServiceProvider services = Build(static services => services.AddResilientRabbit());

        IRabbitClient client = services.GetRequiredService<IRabbitClient>();

        Assert.Same(client, services.GetRequiredService<IRabbitClient>());
        Assert.Same(client.Publisher, services.GetRequiredService<IPublisher>());
    }

    [Fact]
    public async Task Named_clients_are_keyed_and_apart()
    {
        await using ServiceProvider services = Build(static services =>
        {
            services.AddResilientRabbit("east", static options => options.UserName = "e");
            services.AddResilientRabbit("west", SectionBinderTests.Section(("rabbit_userid", "w")));
        });

        IRabbitClient east = services.GetRequiredKeyedService<IRabbitClient>("east");

        Assert.NotSame(east, services.GetRequiredKeyedService<IRabbitClient>("west"));
        Assert.Same(east.Publisher, services.GetRequiredKeyedService<IPublisher>("east"));
        Assert.Null(services.GetService<IRabbitClient>());
        Assert.Equal("e", OptionsOf(services, "east").UserName);
        Assert.Equal("w", OptionsOf(services, "west").UserName);
    }

    [Fact]
    public async Task A_default_and_a_named_client_live_side_by_side()
    {
        await using ServiceProvider services = Build(static services =>
        {
            services.AddResilientRabbit();
            services.AddResilientRabbit("east", static _ => { });
        });

        Assert.NotSame(services.GetRequiredService<IRabbitClient>(), services.GetRequiredKeyedService<IRabbitClient>("east"));
    }

    [Fact]
    public async Task Registering_twice_adds_to_the_same_client()
    {
        var collection = new ServiceCollection();

        collection.AddResilientRabbit(SectionBinderTests.Section(("UserName", "first"), ("VirtualHost", "v"))).AddTopology(static _ => { });
        collection.AddResilientRabbit(static options => options.UserName = "second").AddTopology(static _ => { });

        Assert.Single(collection, static service => service.ServiceType == typeof(IRabbitClient));
        Assert.Single(collection, static service => service.ServiceType == typeof(IPublisher));
        Assert.Single(collection, static service => service.ServiceType == typeof(IHostedService));
        await using ServiceProvider services = collection.BuildServiceProvider();
        Assert.Equal(("second", "v"), (OptionsOf(services).UserName, OptionsOf(services).VirtualHost));
    }

    [Theory]
    [InlineData("127.0.0.1:1", "listening")]
    [InlineData("listening", "not an endpoint")]
    public async Task A_client_that_is_first_asked_for_after_a_change_has_the_changed_options_unless_they_are_invalid(string before, string after)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string listening = FormattableString.Invariant($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        IConfigurationRoot root = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Rabbit:Endpoints:0", before is "listening" ? listening : before)]).Build();
        await using ServiceProvider services = Build(collection => collection.AddResilientRabbit(root.GetSection("Rabbit")));

        // As the host does at its start, long before anybody publishes.
        Assert.Single(OptionsOf(services).Endpoints);
        root["Rabbit:Endpoints:0"] = after is "listening" ? listening : after;
        root.Reload();
        IRabbitClient client = services.GetRequiredService<IRabbitClient>();
        using var given = new CancellationTokenSource();
        Task connecting = client.ConnectAsync(given.Token);

        using Socket accepted = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task A_client_that_was_registered_before_stays()
    {
        await using var own = new FakeRabbitClient();
        await using ServiceProvider services = Build(services =>
        {
            services.AddSingleton<IRabbitClient>(own);
            services.AddResilientRabbit();
        });

        Assert.Same(own, services.GetRequiredService<IRabbitClient>());
    }

    [Fact]
    public async Task All_problems_of_the_section_and_the_values_come_in_one_exception()
    {
        IConfigurationSection section = SectionBinderTests.Section(("Heartbeat", "5"), ("Portt", "1"), ("rabbit_hosts", "u:s3cret@a"), ("Publisher:Lanes", "0"));
        await using ServiceProvider services = Build(services => services.AddResilientRabbit("east", section));

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<IRabbitClient>("east"));

        Assert.Equal("east", exception.OptionsName);
        Assert.Equal(5, exception.Failures.Count());
        Assert.All(exception.Failures, static failure => Assert.StartsWith("Rabbit:", failure, StringComparison.Ordinal));
        Assert.Contains("Rabbit:rabbit_hosts:0: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_stops_the_start_of_the_host()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddResilientRabbit(static options => options.Port = 0);
        using IHost host = builder.Build();

        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal("ResilientRabbit:Port: must be 1 to 65535, is 0", Assert.Single(exception.Failures));
    }

    [Fact]
    public async Task Every_named_client_is_checked_at_the_start_of_the_host()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddResilientRabbit("east", static options => options.Port = 0);
        builder.Services.AddResilientRabbit("west", static options => options.VirtualHost = "");
        using IHost host = builder.Build();

        AggregateException exception = await Assert.ThrowsAsync<AggregateException>(() => host.StartAsync());

        Assert.Equal(2, exception.InnerExceptions.OfType<OptionsValidationException>().Count());
    }

    [Fact]
    public async Task Credentials_and_names_of_nodes_come_from_services_of_the_container()
    {
        var services = new ServiceCollection();
        services.AddResilientRabbit("a", static _ => { }).UseCredentialsProvider<Provider>().UseNodeNameResolver<Resolver>();
        services.AddResilientRabbit("b", static _ => { });
        await using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<ResilientRabbitOptions> options = provider.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>();

        Assert.Same(provider.GetRequiredService<Provider>(), options.Get("a").CredentialsProvider);
        Assert.Same(provider.GetRequiredService<Resolver>(), options.Get("a").NodeNameResolver);
        Assert.Null(options.Get("b").CredentialsProvider);
        Assert.Null(options.Get("b").NodeNameResolver);
    }

    [Fact]
    public async Task Raw_connections_come_from_the_registered_client_and_no_other()
    {
        var services = new ServiceCollection();
        services.AddResilientRabbit();
        services.AddResilientRabbit("a", static _ => { });
        await using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Same(((RabbitClient)provider.GetRequiredService<IRabbitClient>()).ConnectionFactory, provider.GetRequiredService<IResilientConnectionFactory>());
        Assert.Same(((RabbitClient)provider.GetRequiredKeyedService<IRabbitClient>("a")).ConnectionFactory, provider.GetRequiredKeyedService<IResilientConnectionFactory>("a"));

        var others = new ServiceCollection();
        others.AddSingleton<IRabbitClient>(new FakeRabbitClient());
        others.AddResilientRabbit();
        await using ServiceProvider other = others.BuildServiceProvider();
        Assert.Contains(nameof(FakeRabbitClient), Assert.Throws<InvalidOperationException>(other.GetRequiredService<IResilientConnectionFactory>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Misuse_is_refused_at_once()
    {
        var services = new ServiceCollection();
        IResilientRabbitBuilder builder = services.AddResilientRabbit();

        Assert.Throws<ArgumentNullException>(() => services.AddResilientRabbit((IConfiguration)null!));
        Assert.Throws<ArgumentException>(() => services.AddResilientRabbit("", static _ => { }));
        Assert.Throws<ArgumentNullException>(() => services.AddResilientRabbit("east", (Action<ResilientRabbitOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => builder.AddTopology(null!));
        Assert.Throws<ArgumentException>(() => builder.AddConsumer<NoHandler>(""));
        Assert.Empty(builder.Name);
        Assert.Same(services, builder.Services);
    }

    [Fact]
    public void Synchronous_disposal_of_the_container_works()
    {
        ServiceProvider services = Build(static services => services.AddResilientRabbit().AddTopology(static _ => { }));
        _ = services.GetRequiredService<IPublisher>();
        _ = services.GetServices<IHostedService>().ToList();

        services.Dispose();
    }

    [Fact]
    public void The_container_leaves_the_publisher_to_its_client()
    {
        // The container disposes what its factories return: a disposable publisher would be disposed before the client could drain it.
        IEnumerable<Type> publishers = typeof(IPublisher).Assembly.GetTypes().Where(static type => type.IsClass && type.IsAssignableTo(typeof(IPublisher)));

        Assert.All(publishers, static type => Assert.False(type.IsAssignableTo(typeof(IDisposable)) || type.IsAssignableTo(typeof(IAsyncDisposable))));
    }

    private static ServiceProvider Build(Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    private static ResilientRabbitOptions OptionsOf(IServiceProvider services, string name = "")
        => services.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get(name);

    private sealed class NoHandler : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.FromResult(Settlement.Ack);
    }

    private sealed class Provider : IRabbitCredentialsProvider
    {
        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => new(new RabbitCredentials("u", "p"));
    }

    private sealed class Resolver : INodeNameResolver
    {
        public ValueTask<string?> ResolveAsync(NodeNameQuery connection, CancellationToken cancellationToken) => new((string?)null);
    }
}
