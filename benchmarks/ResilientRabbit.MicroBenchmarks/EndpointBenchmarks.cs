using BenchmarkDotNet.Attributes;
using ResilientRabbit.Configuration;
using ResilientRabbit.Configuration.OpenStack;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>Addresses as they stand in options, and in a file of OpenStack.</summary>
public class EndpointBenchmarks
{
    private const string Url = "rabbit://nova:s%2Fcret@rabbit-1.example.net:5672,nova:s%2Fcret@rabbit-2.example.net:5672,nova:s%2Fcret@[2001:db8::3]:5672/nova?ssl=1";

    [Benchmark(Description = "endpoint parsed: host:port")]
    public bool HostAndPort() => Parse("rabbit-1.example.net:5672");

    [Benchmark(Description = "endpoint parsed: IPv4")]
    public bool Ipv4() => Parse("192.0.2.17");

    [Benchmark(Description = "endpoint parsed: [IPv6]:port")]
    public bool Ipv6() => Parse("[2001:db8::17]:5671");

    [Benchmark(Description = "transport URL parsed: three hosts, one of them IPv6")]
    public int TransportUrls() => TransportUrl.TryParse(Url, out TransportUrl? url) is null ? url!.Hosts.Count : throw new InvalidOperationException("It is a good one.");

    private static bool Parse(string text)
        => EndpointParser.TryParse(text, EndpointParser.DefaultPort, out _, out string problem) ? true : throw new InvalidOperationException(problem);
}
