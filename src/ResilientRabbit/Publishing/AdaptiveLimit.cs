namespace ResilientRabbit.Publishing;

/// <summary>
/// Searches the smallest number of messages in flight that keeps the rate of confirms: it doubles while that pays, and from time to time tries
/// more and less. A broker confirms in bursts, one for each flush of its disk; so a judgement rests on several windows' worth of confirms, not on
/// single answers. Intervals in which the limit held nobody back are not judged.
/// </summary>
/// <remarks>Not thread-safe: sampled by the publisher's clock; <see cref="Value"/> may be read from anywhere.</remarks>
internal sealed class AdaptiveLimit(int max, long frequency)
{
    private const int Least = 64;
    private const int Start = 512;
    private const int WindowsPerInterval = 4;
    private const int RestIntervals = 8;

    /// <summary>A larger window must bring so much to be kept, a smaller one may cost so much.</summary>
    private const double WorthMore = 1.1;
    private const double WorthLess = 0.98;

    private readonly long _shortest = frequency / 4;
    private readonly long _longest = frequency * 2;
    private int _value = Math.Min(Start, max);
    private Trial _trial = Trial.More;
    private int _kept;
    private double _keptRate;
    private int _rested;
    private bool _triedMoreLast;
    private bool _isBegun;
    private bool _isHeldBack;
    private long _beganAt;
    private long _beganWith;

    private enum Trial
    {
        None,
        More,
        Less,
    }

    /// <summary>How many messages may be in flight.</summary>
    public int Value => Volatile.Read(ref _value);

    /// <summary>Takes notice of the progress made.</summary>
    /// <param name="now">A timestamp of the time provider.</param>
    /// <param name="answered">Messages answered since the channel was opened.</param>
    /// <param name="isHeldBack">Whether the limit has kept the writer waiting since the last call.</param>
    public void Sample(long now, long answered, bool isHeldBack)
    {
        if (!_isBegun)
        {
            Begin(now, answered);
            return;
        }

        _isHeldBack |= isHeldBack;
        long elapsed = now - _beganAt;
        long count = answered - _beganWith;
        if (elapsed < _shortest || (count < (long)WindowsPerInterval * _value && elapsed < _longest))
        {
            return;
        }

        if (_isHeldBack && count > 0)
        {
            Judge((double)count * frequency / elapsed);
        }

        Begin(now, answered);
    }

    private void Begin(long now, long answered)
    {
        _isBegun = true;
        _isHeldBack = false;
        _beganAt = now;
        _beganWith = answered;
    }

    private void Judge(double rate)
    {
        bool pays = _kept == 0 || rate >= _keptRate * (_trial == Trial.Less ? WorthLess : WorthMore);
        switch (_trial)
        {
            case Trial.More or Trial.Less when pays:
                Keep(_value, rate);
                Try(_trial);
                break;
            case Trial.More or Trial.Less:
                // Back to what was good; its rate is measured anew while it rests.
                Set(_kept);
                _trial = Trial.None;
                _rested = 0;
                break;
            default:
                // Slowly: the broker's rate changes, and one interval says little.
                _keptRate += (rate - _keptRate) / 4;
                if (++_rested >= RestIntervals)
                {
                    _triedMoreLast = !_triedMoreLast;
                    Try(_triedMoreLast ? Trial.More : Trial.Less);
                }

                break;
        }
    }

    private void Keep(int value, double rate)
    {
        _kept = value;
        _keptRate = rate;
    }

    private void Try(Trial trial)
    {
        int next = trial == Trial.More ? (int)Math.Min(max, _kept * 2L) : Math.Max(Math.Min(Least, max), _kept - (_kept / 4));
        _trial = next == _kept ? Trial.None : trial;
        _rested = 0;
        Set(next);
    }

    private void Set(int value) => Volatile.Write(ref _value, value);
}
