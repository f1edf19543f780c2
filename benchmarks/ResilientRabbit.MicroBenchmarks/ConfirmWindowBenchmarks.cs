using BenchmarkDotNet.Attributes;
using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>A message enters the window of its channel and is answered; the window is filled in runs and emptied each time.</summary>
public class ConfirmWindowBenchmarks
{
    private const int InFlight = 2048;
    private const int Run = 64;

    private readonly ConfirmWindow _window = new(InFlight);
    private readonly PendingMessage[] _messages = Create();
    private ulong _last;

    [Benchmark(Description = "window: add, answered by one multiple", OperationsPerInvoke = InFlight)]
    public int Multiple()
    {
        Fill();
        _window.Answer(TagRange.Of(_last, multiple: true), out _, out _);
        return _window.Count;
    }

    [Benchmark(Description = "window: add, answered one by one", OperationsPerInvoke = InFlight)]
    public int Singles()
    {
        Fill();
        for (ulong tag = _last - InFlight + 1; tag <= _last; tag++)
        {
            _window.Answer(TagRange.Of(tag, multiple: false), out _, out _);
        }

        return _window.Count;
    }

    [Benchmark(Description = "window: add, answered one by one, the last first", OperationsPerInvoke = InFlight)]
    public int Reversed()
    {
        Fill();
        for (ulong tag = _last; tag > _last - InFlight; tag--)
        {
            _window.Answer(TagRange.Of(tag, multiple: false), out _, out _);
        }

        return _window.Count;
    }

    private static PendingMessage[] Create()
    {
        var pool = new MessagePool(InFlight);
        var ids = new MessageIds();
        var messages = new PendingMessage[InFlight];
        for (int index = 0; index < messages.Length; index++)
        {
            PendingMessage message = pool.Rent();
            message.BeginProperties(messageId: null, ids, isPersistent: true, index + 1);

            // Without a lane: a window does not ask for it.
            message.Begin(new OutboundMessage { Exchange = "", RoutingKey = "bench", Body = new byte[16] }, null!, mandatory: true, long.MaxValue, null, 0);
            messages[index] = message;
        }

        return messages;
    }

    private void Fill()
    {
        for (int start = 0; start < InFlight; start += Run)
        {
            _last = _window.Add(_messages.AsSpan(start, Run)) + Run - 1;
        }
    }
}
