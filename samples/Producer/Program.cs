using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ResilientRabbit.Samples.Producer;

// Every key can be given in appsettings.json, as an environment variable (ResilientRabbit__Endpoints=node1,node2) and on
// the command line (--ResilientRabbit:Endpoints=node1,node2); these are the short forms. See samples/README.md.
Dictionary<string, string> shortForms = new(StringComparer.OrdinalIgnoreCase)
{
    ["--endpoints"] = "ResilientRabbit:Endpoints",
    ["--port"] = "ResilientRabbit:Port",
    ["--username"] = "ResilientRabbit:UserName",
    ["--password"] = "ResilientRabbit:Password",
    ["--virtualhost"] = "ResilientRabbit:VirtualHost",
    ["--queue"] = "Producer:Queue",
    ["--rate"] = "Producer:Rate",
    ["--count"] = "Producer:Count",
};

// Says what an OpenStack file means here; connects to nothing.
if (args is ["--explain-config", ..])
{
    return OsloExplanation.Print(args[1..]);
}

var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.Configuration.AddCommandLine(args, shortForms);

var settings = builder.Configuration.GetSection("Producer").Get<ProducerOptions>() ?? new ProducerOptions();
builder.Services.AddSingleton(settings);
builder.Services
    .AddResilientRabbit(builder.Configuration.GetSection("ResilientRabbit"))
    .AddTopology(topology => topology.Queue(settings.Queue));
builder.Services.AddHostedService<OrderProducer>();

await builder.Build().RunAsync();
return 0;
