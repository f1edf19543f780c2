using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class DriverFramesTests
{
    private static readonly byte[] Opening =
        [.. FrameBytes.ProtocolHeader, .. FrameBytes.Method(0, 10, 11, 200), .. FrameBytes.Method(3, 20, 10, 1), .. FrameBytes.Heartbeat, .. FrameBytes.Frame(3, 3, new byte[5000])];

    private readonly DriverFrames _frames = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Frames_are_followed_in_pieces_of_any_size(int piece)
    {
        Assert.True(_frames.IsBetweenFrames);
        int ends = 0;
        for (int start = 0; start < Opening.Length; start += piece)
        {
            _frames.Follow(Opening.AsSpan(start, Math.Min(piece, Opening.Length - start)));
            ends += _frames.IsBetweenFrames ? 1 : 0;
        }

        Assert.True(_frames.IsBetweenFrames);
        Assert.Equal(1, _frames.StampOf(3));
        Assert.Equal(0, _frames.StampOf(2));
        Assert.False(_frames.IsClosing);
        Assert.InRange(ends, 1, 5);
        Assert.True(piece > 1 || ends == 5, "byte by byte, each of the five is between frames once: at its end");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(41)]
    public void Opening_and_closing_a_channel_change_its_stamp_and_no_others(int method)
    {
        _frames.Follow(FrameBytes.Method(700, 20, method, 6));

        Assert.Equal(1, _frames.StampOf(700));
        Assert.Equal((0, 0, 0), (_frames.StampOf(0), _frames.StampOf(699), _frames.StampOf(70_000)));
    }

    [Theory]
    [InlineData(10, 50, true)]
    [InlineData(10, 51, true)]
    [InlineData(10, 31, false)]
    [InlineData(60, 80, false)]
    public void Closing_the_connection_is_noticed(int classId, int methodId, bool isClosing)
    {
        _frames.Follow(FrameBytes.Method(0, classId, methodId, 9));

        Assert.Equal(isClosing, _frames.IsClosing);
    }

    [Fact]
    public void What_looks_like_a_method_in_a_body_is_none()
    {
        _frames.Follow(FrameBytes.Frame(3, 1, FrameBytes.Method(1, 20, 40, 6)));
        _frames.Follow(FrameBytes.Frame(2, 1, FrameBytes.Method(0, 10, 50, 6)));

        Assert.Equal(0, _frames.StampOf(1));
        Assert.False(_frames.IsClosing);
        Assert.True(_frames.IsBetweenFrames);
    }
}
