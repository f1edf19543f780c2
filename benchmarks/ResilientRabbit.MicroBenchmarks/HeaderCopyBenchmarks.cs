using System.Globalization;
using BenchmarkDotNet.Attributes;
using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>The caller's properties and headers are checked and copied into a pending message that was used before.</summary>
public class HeaderCopyBenchmarks
{
    private readonly Dictionary<string, object?> _target = new(StringComparer.Ordinal);
    private readonly PendingMessage _message = new MessagePool(1).Rent();
    private readonly MessageIds _ids = new();
    private MessageProperties _properties = new();
    private long _id;

    /// <summary>Gets or sets how many headers the caller gives: texts and numbers in turn.</summary>
    [Params(0, 3, 10)]
    public int Headers { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _properties = new MessageProperties { ContentType = "application/json", CorrelationId = "order-4711" };
        for (int index = 0; index < Headers; index++)
        {
            _properties.Headers[string.Create(CultureInfo.InvariantCulture, $"x-header-{index}")] = index % 2 == 0 ? "a text of some length" : 4711L;
        }
    }

    [Benchmark(Description = "properties copied")]
    public bool Properties()
    {
        _message.BeginProperties(messageId: null, _ids, isPersistent: true, ++_id);
        bool isGood = PropertiesCopier.Copy(_properties, _message) is null;
        _message.Headers.Clear();
        return isGood;
    }

    [Benchmark(Description = "headers copied")]
    public bool HeadersOnly()
    {
        bool isGood = HeaderCopier.Copy(_properties.Headers, _target) is null;
        _target.Clear();
        return isGood;
    }
}
