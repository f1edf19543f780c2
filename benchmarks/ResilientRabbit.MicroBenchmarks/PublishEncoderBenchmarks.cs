using BenchmarkDotNet.Attributes;
using ResilientRabbit.Connections;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>Usual messages into frames, a run at a time.</summary>
public class PublishEncoderBenchmarks
{
    private const int Run = 64;

    private readonly PublishEncoder _encoder = new(channel: 1, frameMax: 131_072);
    private readonly MessageIds _ids = new();
    private readonly byte[] _body = new byte[16];
    private long _id;

    [Benchmark(Description = "message encoded, 16 B", OperationsPerInvoke = Run)]
    public int Add()
    {
        _encoder.Clear();
        for (int index = 0; index < Run; index++)
        {
            _encoder.Add(new OutgoingPublish("orders", "eu", Mandatory: true, new PlainProperties(++_id, MessageId: null, _ids, IsPersistent: true), Properties: null, _body));
        }

        return _encoder.Bytes.Length;
    }
}
