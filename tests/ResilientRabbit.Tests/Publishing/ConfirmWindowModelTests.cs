using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Random use of the window against a dictionary that does the same slowly.</summary>
public sealed class ConfirmWindowModelTests
{
    private readonly MessageFactory _factory = new();
    private readonly ConfirmWindow _window = new(16);
    private readonly SortedDictionary<ulong, (PendingMessage Message, bool IsReturned)> _model = [];
    private ulong _next = 1;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void The_window_does_what_a_dictionary_would(int seed)
    {
        var random = new Random(seed);
        for (int step = 0; step < 5_000; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    Add();
                    break;
                case < 7:
                    Answer(random.NextTag(_next), multiple: false);
                    break;
                case 7:
                    Answer(random.Next(4) == 0 ? 0 : random.NextTag(_next), multiple: true);
                    break;
                case 8:
                    Return(random);
                    break;
                default:
                    RemoveLast(random.NextTag(_next));
                    break;
            }

            Assert.Equal(_model.Count, _window.Count);
            Assert.Equal(_model.Count == 0 ? null : _model.First().Value.Message, _window.Oldest()?.Message);
        }

        Assert.Equal(_model.Values.Select(static entry => entry.Message), _window.Retire().Select(static entry => entry.Message));
    }

    private void Add()
    {
        PendingMessage message = _factory.CreateInFlight();
        Assert.Equal(_next, _window.Add(message));
        _model.Add(_next++, (message, false));
    }

    private void Answer(ulong tag, bool multiple)
    {
        ulong to = multiple && tag == 0 ? _next - 1 : tag;
        ulong[] covered = to >= _next ? [] : [.. _model.Keys.Where(key => multiple ? key <= to : key == to)];
        PendingMessage[] plain = [.. covered.Where(key => !_model[key].IsReturned).Select(key => _model[key].Message)];
        PendingMessage[] returned = [.. covered.Where(key => _model[key].IsReturned).Select(key => _model[key].Message)];
        Array.ForEach(covered, key => _model.Remove(key));

        _window.Answer(tag, multiple, out PendingMessage? firstPlain, out PendingMessage? firstReturned);

        AssertChain(plain, firstPlain);
        AssertChain(returned, firstReturned);
    }

    private void Return(Random random)
    {
        ulong[] candidates = [.. _model.Keys.Where(key => !_model[key].IsReturned)];
        if (candidates.Length > 0)
        {
            ulong tag = candidates[random.Next(candidates.Length)];
            _model[tag] = (_model[tag].Message, true);
            _window.MarkReturned(_model[tag].Message.PublishId, 312, "NO_ROUTE");
        }
    }

    private void RemoveLast(ulong tag)
    {
        bool isLast = tag == _next - 1 && _model.ContainsKey(tag);
        Assert.Equal(isLast, _window.RemoveLast(tag));
        if (isLast)
        {
            _model.Remove(tag);
            _next--;
        }
    }

    private static void AssertChain(PendingMessage[] expected, PendingMessage? first)
    {
        foreach (PendingMessage message in expected)
        {
            Assert.Same(message, first);
            first = first!.Next;
        }

        Assert.Null(first);
    }
}

file static class RandomTags
{
    /// <summary>Mostly a recent tag, sometimes one that was never used.</summary>
    public static ulong NextTag(this Random random, ulong next) => (ulong)Math.Max(0, (long)next + 2 - random.Next(40));
}
