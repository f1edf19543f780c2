using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A body that proves itself: key, sequence, filler and a hash of all.</summary>
public static class TestBody
{
    private const int FillerSize = 200;

    public static byte[] Create(string key, int sequence)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key}|{sequence}|"));
        var body = new byte[head.Length + FillerSize + sizeof(ulong)];
        head.CopyTo(body, 0);
        new Random(HashCode.Combine(sequence)).NextBytes(body.AsSpan(head.Length, FillerSize));
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(body.Length - sizeof(ulong)), Hash(body.AsSpan(0, body.Length - sizeof(ulong))));
        return body;
    }

    public static FoundMessage Read(DrainedMessage message)
    {
        ReadOnlySpan<byte> body = message.Body.Span;
        bool intact = body.Length > sizeof(ulong)
            && BinaryPrimitives.ReadUInt64LittleEndian(body[^sizeof(ulong)..]) == Hash(body[..^sizeof(ulong)]);
        string[] parts = intact ? Encoding.UTF8.GetString(body).Split('|', 3) : [];
        return new FoundMessage(
            message.MessageId ?? "none",
            intact ? parts[0] : "?",
            intact ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0,
            message.Headers.ContainsKey("x-publish-attempt"),
            intact);
    }

    // FNV-1a, 64 bit: enough to see a changed byte.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }
}
