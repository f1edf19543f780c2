using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What an answer costs must not depend on how much is in the window: a search through it would make a far or slow broker's confirms cost the square of what is in flight.</summary>
public sealed class ConfirmWindowCostTests
{
    private const int Small = 1_024;
    private const int Large = 65_536;
    private const int Tries = 12;

    // A search through the window is 64 times as slow in the large one. Caches that no longer hold the ring may make a factor of two or three.
    private const double Allowed = 6;

    // The same messages again and again in both, so that only the window itself is larger.
    private readonly PendingMessage[] _messages;

    public ConfirmWindowCostTests()
    {
        var factory = new MessageFactory();
        _messages = [.. Enumerable.Range(0, Small).Select(_ => factory.CreateInFlight())];
    }

    /// <summary>How the broker answers.</summary>
    public enum Shape
    {
        InOrder,
        Reversed,
        Duplicates,
        UnknownTags,
        Multiples,
        StaleMultiples,
    }

    public static MatrixTheoryData<Shape, bool> Cases => new(Enum.GetValues<Shape>(), [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_answer_costs_the_same_in_a_large_window(Shape shape, bool packed)
    {
        TimeSpan small = TimeSpan.MaxValue;
        TimeSpan large = TimeSpan.MaxValue;
        for (int number = 0; number < Tries; number++)
        {
            small = Shorter(small, Measure(Small, shape, packed));
            large = Shorter(large, Measure(Large, shape, packed));
        }

        Assert.True(large <= Allowed * small, string.Create(
            CultureInfo.InvariantCulture, $"{Large} answers took {small.TotalMilliseconds:0.000} ms in a window of {Small}, {large.TotalMilliseconds:0.000} ms in one of {Large}: {large / small:0.0} times as long."));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>How long as many answers take as fill the large window once.</summary>
    private TimeSpan Measure(int size, Shape shape, bool packed)
    {
        var window = new ConfirmWindow(size) { Tags = packed ? new WindowTags() : null };
        TimeSpan taken = TimeSpan.Zero;
        for (int left = Large; left > 0; left -= size)
        {
            ulong low = Fill(window, size);
            TagRange[] answers = [.. Enumerable.Range(0, size).Select(index => AnswerOf(shape, index, low, size))];
            Prepare(window, shape, low, size);
            int unanswered = window.Count;

            long start = Stopwatch.GetTimestamp();
            foreach (TagRange answer in answers)
            {
                window.Answer(answer, out _, out _);
            }

            taken += Stopwatch.GetElapsedTime(start);
            Assert.Equal(shape is Shape.InOrder or Shape.Reversed or Shape.Multiples ? 0 : unanswered, window.Count);
            window.Answer(TagRange.Of(0, multiple: true), out _, out _);
        }

        return taken;
    }

    private ulong Fill(ConfirmWindow window, int size)
    {
        ulong low = window.Add(_messages);
        for (int entered = _messages.Length; entered < size; entered += _messages.Length)
        {
            window.Add(_messages);
        }

        Assert.Equal(size, window.Count);
        return low;
    }

    /// <summary>The first answers, of which the measured ones are repetitions.</summary>
    private static void Prepare(ConfirmWindow window, Shape shape, ulong low, int size)
    {
        switch (shape)
        {
            case Shape.Duplicates:
                for (ulong tag = low + 1; tag < low + (ulong)size; tag += 2)
                {
                    window.Answer(TagRange.Of(tag, multiple: false), out _, out _);
                }

                break;
            case Shape.StaleMultiples:
                window.Answer(TagRange.Of(low + ((ulong)size / 2) - 1, multiple: true), out _, out _);
                break;
        }
    }

    private static TagRange AnswerOf(Shape shape, int index, ulong low, int size) => shape switch
    {
        Shape.InOrder => TagRange.Of(low + (ulong)index, multiple: false),
        Shape.Reversed => TagRange.Of(low + (ulong)(size - 1 - index), multiple: false),
        Shape.Duplicates => TagRange.Of(low + (ulong)(index | 1), multiple: false),
        Shape.UnknownTags => TagRange.Of(low + (ulong)(size + index), multiple: index % 2 == 1),
        Shape.Multiples => TagRange.Of(low + (ulong)index, multiple: true),
        Shape.StaleMultiples => TagRange.Of(low + (ulong)(index / 2), multiple: true),
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    [Fact]
    public void Whether_all_is_settled_costs_the_same_behind_a_message_that_never_gets_an_answer()
    {
        TimeSpan small = TimeSpan.MaxValue;
        TimeSpan large = TimeSpan.MaxValue;
        for (int number = 0; number < Tries; number++)
        {
            small = Shorter(small, MeasureLooks(Small));
            large = Shorter(large, MeasureLooks(256 * Small));
        }

        // A walk over what was answered is 256 times as long in the large one.
        Assert.True(large <= (20 * small) + TimeSpan.FromMilliseconds(1), string.Create(CultureInfo.InvariantCulture, $"{small.TotalMilliseconds:0.000} ms behind {Small} answered ones, {large.TotalMilliseconds:0.000} ms behind {256 * Small}."));
    }

    [Fact]
    public void A_window_is_not_settled_when_another_message_has_taken_the_place_of_one_that_was_taken_out()
    {
        var factory = new MessageFactory();
        var window = new ConfirmWindow(16);
        window.Add(Settled(factory));
        ulong last = window.Add(Settled(factory));
        Assert.True(window.IsSpent);

        Assert.True(window.RemoveLast(last));
        window.Add(factory.CreateInFlight());

        Assert.False(window.IsSpent);
    }

    private static PendingMessage Settled(MessageFactory factory)
    {
        PendingMessage message = factory.CreateInFlight();
        factory.Settle(message, SettleKind.Expired);
        return message;
    }

    /// <summary>How long the clock's looks take when one message has its outcome and no answer, and so many behind it were answered.</summary>
    private TimeSpan MeasureLooks(int answered)
    {
        var window = new ConfirmWindow(answered);
        window.Add(Settled(new MessageFactory()));
        for (int number = 0; number < answered; number++)
        {
            window.Answer(TagRange.Of(window.Add(_messages[0]), multiple: false), out _, out _);
        }

        window.Add(_messages[1]);
        _ = window.IsSpent;
        long start = Stopwatch.GetTimestamp();
        for (int look = 0; look < 100; look++)
        {
            Assert.False(window.IsSpent);
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
