using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ResilientRabbit.Samples.SiteBridge;

// Two clients, one for each site, with a section each; see samples/README.md for all the ways to give a key.
Dictionary<string, string> shortForms = new(StringComparer.OrdinalIgnoreCase)
{
    ["--near"] = "Near:Endpoints",
    ["--far"] = "Far:Endpoints",
    ["--queue"] = "Bridge:Queue",
    ["--target"] = "Bridge:Target",
    ["--count"] = "Bridge:Count",
};

var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.Configuration.AddCommandLine(args, shortForms);

var settings = builder.Configuration.GetSection("Bridge").Get<BridgeSettings>() ?? new BridgeSettings();
builder.Services.AddSingleton(settings);
builder.Services
    .AddResilientRabbit("far", builder.Configuration.GetSection("Far"))
    .AddTopology(topology => topology.Queue(settings.Target));
builder.Services
    .AddResilientRabbit("near", builder.Configuration.GetSection("Near"))
    .AddTopology(topology => topology.Queue(settings.Queue))
    .AddBridge("site", options =>
    {
        options.Queue = settings.Queue;
        options.TargetClient = "far";
        options.Exchange = "";
        options.RoutingKey = settings.Target;
    });
builder.Services.AddHostedService<BridgeReporter>();

await builder.Build().RunAsync();
