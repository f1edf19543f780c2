using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ResilientRabbit.Samples.Consumer;

// Every key can be given in appsettings.json, as an environment variable (ResilientRabbit__Endpoints=node1,node2) and on
// the command line (--ResilientRabbit:Endpoints=node1,node2); these are the short forms. See samples/README.md.
Dictionary<string, string> shortForms = new(StringComparer.OrdinalIgnoreCase)
{
    ["--endpoints"] = "ResilientRabbit:Endpoints",
    ["--port"] = "ResilientRabbit:Port",
    ["--username"] = "ResilientRabbit:UserName",
    ["--password"] = "ResilientRabbit:Password",
    ["--virtualhost"] = "ResilientRabbit:VirtualHost",
    ["--queue"] = "Consumer:Queue",
    ["--count"] = "Consumer:Count",
};

var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.Configuration.AddCommandLine(args, shortForms);

var settings = builder.Configuration.GetSection("Consumer").Get<ConsumerSettings>() ?? new ConsumerSettings();
builder.Services.AddSingleton(settings).AddSingleton<Progress>();
builder.Services
    .AddResilientRabbit(builder.Configuration.GetSection("ResilientRabbit"))
    .AddTopology(topology => topology.Queue(settings.Queue))
    .AddConsumer<OrderHandler>(settings.Queue);

await builder.Build().RunAsync();
