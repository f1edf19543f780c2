using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Wire;

public sealed class FieldTableTests
{
    public static TheoryData<string, object?> Values => new()
    {
        { "t", true },
        { "t0", false },
        { "b", (sbyte)-7 },
        { "B", (byte)200 },
        { "s", (short)-30_000 },
        { "u", (ushort)60_000 },
        { "I", int.MinValue },
        { "i", uint.MaxValue },
        { "l", long.MinValue },
        { "L", ulong.MaxValue },
        { "f", 1.5f },
        { "d", -2.25e300 },
        { "D", 123.45m },
        { "D negative", -2147483648m },
        { "S", "text ü" },
        { "x", new byte[] { 0, 1, 255 } },
        { "V", null },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_comes_back_as_what_it_was(string name, object? value)
    {
        AmqpTable read = RoundTrip(new AmqpTable { [name] = value });

        Assert.Equal(value, read[name]);
        Assert.Equal(value?.GetType(), read[name]?.GetType());
    }

    [Fact]
    public void Time_stamps_arrays_and_tables_nest()
    {
        AmqpTable inner = new() { ["time"] = new AmqpTimestamp(ulong.MaxValue), ["list"] = new List<object?> { 1, "two", null, new List<object?>() } };

        AmqpTable read = RoundTrip(new AmqpTable { ["inner"] = inner, ["empty"] = new AmqpTable() });

        var readInner = Assert.IsType<AmqpTable>(read["inner"]);
        Assert.Equal(new AmqpTimestamp(ulong.MaxValue), readInner["time"]);
        Assert.Equal([1, "two", null, new List<object?>()], Assert.IsType<List<object?>>(readInner["list"]));
        Assert.Empty(Assert.IsType<AmqpTable>(read["empty"]));
    }

    [Fact]
    public void A_long_string_that_is_no_text_keeps_its_bytes()
    {
        byte[] bytes = [0xFF, 0xFE, 0x41];

        AmqpTable read = RoundTrip(new AmqpTable { ["raw"] = new AmqpLongString(bytes) });

        Assert.Equal(bytes, Assert.IsType<AmqpLongString>(read["raw"]).Bytes);
    }

    [Fact]
    public void A_field_of_an_unknown_type_is_a_syntax_error() => AssertSyntaxError([0, 0, 0, 3, 1, (byte)'k', (byte)'?']);

    [Fact]
    public void A_table_longer_than_its_frame_is_a_syntax_error_and_no_allocation()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        AssertSyntaxError([0x7F, 0xFF, 0xFF, 0xFF, 1]);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_long_string_longer_than_its_table_is_a_syntax_error()
        => AssertSyntaxError([0, 0, 0, 8, 1, (byte)'k', (byte)'S', 0xFF, 0xFF, 0xFF, 0xFF, 0]);

    [Fact]
    public void A_name_longer_than_its_table_is_a_syntax_error() => AssertSyntaxError([0, 0, 0, 2, 200, (byte)'k']);

    [Fact]
    public void A_decimal_with_a_scale_that_does_not_exist_is_a_syntax_error()
        => AssertSyntaxError([0, 0, 0, 8, 1, (byte)'k', (byte)'D', 200, 0, 0, 0, 1]);

    [Fact]
    public void Arrays_nested_26000_levels_deep_are_a_syntax_error_and_not_the_end_of_the_process()
    {
        const int levels = 26_000;
        using var writer = new WireWriter();
        int table = writer.ReserveLong();
        writer.ShortString("k");
        for (int level = levels; level > 0; level--)
        {
            writer.Octet((byte)'A').Long((uint)((level - 1) * 5));
        }

        writer.FillLong(table);

        AssertSyntaxError(writer.Written.ToArray());
    }

    [Fact]
    public void Tables_as_deep_as_allowed_come_back_and_one_level_more_is_refused()
    {
        AmqpTable Nested(int levels) => levels == 0 ? [] : new AmqpTable { ["k"] = Nested(levels - 1) };

        RoundTrip(Nested(FieldCodec.MaxDepth));

        Assert.Throws<AmqpWireException>(() => RoundTrip(Nested(FieldCodec.MaxDepth + 1)));
    }

    private static AmqpTable RoundTrip(AmqpTable table)
    {
        using var writer = new WireWriter();
        writer.Table(table);
        var reader = new WireReader(writer.Written.Span);
        AmqpTable read = reader.Table();
        Assert.True(reader.AtEnd);
        return read;
    }

    private static void AssertSyntaxError(byte[] bytes)
        => Assert.Equal(502, Assert.Throws<AmqpWireException>(() => new WireReader(bytes).Table()).Code);
}
