using System.Text;

namespace ResilientRabbit.Connections;

/// <summary>Turns UTF-8 into text, and gives the same string again while the bytes are the same.</summary>
internal struct RepeatedText
{
    private byte[]? _bytes;
    private string? _text;

    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (_text is not null && bytes.SequenceEqual(_bytes))
        {
            return _text;
        }

        _bytes = bytes.ToArray();
        return _text = Encoding.UTF8.GetString(bytes);
    }
}
