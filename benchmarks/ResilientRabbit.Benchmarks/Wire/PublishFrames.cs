namespace ResilientRabbit.Benchmarks.Wire;

/// <summary>The three frames of one publish, encoded once.</summary>
internal static class PublishFrames
{
    /// <param name="settings">Address and size.</param>
    /// <param name="likeOurs">Also a message-id and the x-publish-id header, so that the broker has as much to read and store as from the SDK.</param>
    /// <param name="channel">The channel's number.</param>
    public static byte[] Encode(RunSettings settings, bool likeOurs, int channel = 1)
    {
        var writer = new FrameWriter();
        writer.BeginMethod(channel, 60, 40).Short(0).ShortString(settings.Exchange).ShortString(settings.RoutingKey).Octet(settings.Mandatory ? (byte)1 : (byte)0).EndFrame();
        writer.BeginFrame(FrameWriter.Header, channel).Short(60).Short(0).LongLong((ulong)settings.BodySize);
        const int Headers = 1 << 13;
        const int DeliveryMode = 1 << 12;
        const int MessageId = 1 << 7;
        if (likeOurs)
        {
            byte[] table = new FrameWriter().ShortString("x-publish-id").Octet((byte)'l').LongLong(1_000_000).ToArray();
            writer.Short(Headers | DeliveryMode | MessageId).Long((uint)table.Length).Raw(table).Octet(2).ShortString("AbCdEfGhIjK.lfls").EndFrame();
        }
        else
        {
            writer.Short(DeliveryMode).Octet(2).EndFrame();
        }

        return writer.BeginFrame(FrameWriter.Body, channel).Raw(new byte[settings.BodySize]).EndFrame().ToArray();
    }
}
