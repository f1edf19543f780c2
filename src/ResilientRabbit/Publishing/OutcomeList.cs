using System.Collections;

namespace ResilientRabbit.Publishing;

/// <summary>The outcomes of a batch in pieces: one array of ten thousand would be a large object, and each batch would bring a full collection nearer.</summary>
internal sealed class OutcomeList : IReadOnlyList<PublishOutcome>
{
    private const int Shift = 10;
    private const int PieceSize = 1 << Shift;

    private readonly PublishOutcome[][] _pieces;

    public OutcomeList(int count)
    {
        Count = count;
        _pieces = new PublishOutcome[(int)(((long)count + PieceSize - 1) >> Shift)][];
        for (int index = 0; index < _pieces.Length; index++)
        {
            _pieces[index] = new PublishOutcome[Math.Min(PieceSize, count - (index << Shift))];
        }
    }

    public int Count { get; }

    public PublishOutcome this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _pieces[index >> Shift][index & (PieceSize - 1)];
        }
    }

    public void Set(int index, in PublishOutcome outcome) => _pieces[index >> Shift][index & (PieceSize - 1)] = outcome;

    public IEnumerator<PublishOutcome> GetEnumerator()
    {
        foreach (PublishOutcome[] piece in _pieces)
        {
            foreach (PublishOutcome outcome in piece)
            {
                yield return outcome;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
