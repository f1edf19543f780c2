using System.Buffers;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>What is to be sent: small writes together, large ones as they are, all in order.</summary>
public sealed class OutgoingBufferTests
{
    private const int Large = 40_000;

    private readonly OutgoingBuffer _buffer = new();

    [Fact]
    public void Bytes_leave_in_the_order_of_the_writes_however_they_came()
    {
        var random = new Random(5);
        List<byte> written = [];
        List<byte> taken = [];
        for (int round = 0; round < 400; round++)
        {
            byte[] bytes = new byte[random.Next(3) switch { 0 => random.Next(1, 200), 1 => random.Next(1, 20_000), _ => random.Next(1, 150_000) }];
            random.NextBytes(bytes);
            written.AddRange(bytes);
            byte[]? array = null;
            if (round % 2 == 0)
            {
                array = ArrayPool<byte>.Shared.Rent(bytes.Length);
                bytes.CopyTo(array, 0);
            }

            _buffer.Append(array is null ? bytes : array.AsSpan(0, bytes.Length), ref array);
            array?.AsSpan().Fill(0xEE);
            if (random.Next(3) == 0)
            {
                taken.AddRange(_buffer.Take().ToArray());
            }

            Assert.Equal(written.Count - taken.Count, _buffer.Count);
        }

        TakeAll(taken);

        Assert.Equal(written, taken);
    }

    [Fact]
    public void A_large_array_is_sent_as_it_is_and_another_one_given_for_it()
    {
        byte[] mine = ArrayPool<byte>.Shared.Rent(Large);
        byte[]? array = mine;

        _buffer.Append(mine.AsSpan(0, Large), ref array);

        Assert.NotNull(array);
        Assert.NotSame(mine, array);
        Assert.True(_buffer.Take().Span.Overlaps(mine));
    }

    [Fact]
    public void Small_writes_leave_together()
    {
        byte[]? array = ArrayPool<byte>.Shared.Rent(100);
        byte[] mine = array;
        _buffer.Append(new byte[300]);
        _buffer.Append(array.AsSpan(0, 100), ref array);
        _buffer.Append(new byte[300]);

        Assert.Same(mine, array);
        Assert.Equal(700, _buffer.Take().Length);
        Assert.Equal(0, _buffer.Count);
    }

    [Fact]
    public void What_is_being_sent_is_not_written_over()
    {
        _buffer.Append([1, 1, 1]);
        ReadOnlyMemory<byte> sending = _buffer.Take();
        _buffer.Append([2, 2, 2]);
        byte[]? array = ArrayPool<byte>.Shared.Rent(Large);
        array.AsSpan().Fill(3);
        _buffer.Append(array.AsSpan(0, Large), ref array);

        Assert.Equal([1, 1, 1], sending.ToArray());
        Assert.Equal([2, 2, 2], _buffer.Take().ToArray());
        Assert.Equal(3, _buffer.Take().Span[Large - 1]);
    }

    private void TakeAll(List<byte> taken)
    {
        while (_buffer.Count > 0)
        {
            taken.AddRange(_buffer.Take().ToArray());
        }
    }
}
