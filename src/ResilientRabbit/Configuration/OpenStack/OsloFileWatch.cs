using System.Globalization;
using System.Text;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Looks at the files from time to time and calls back when one has changed. By looking, because notifications miss files on network disks and the links that orchestrators exchange.</summary>
internal sealed class OsloFileWatch : IDisposable
{
    private readonly OsloConfigurationSource _source;
    private readonly Action _changed;
    private readonly ITimer? _timer;
    private string _stamp;
    private int _isLooking;

    public OsloFileWatch(OsloConfigurationSource source, Action changed, TimeProvider time)
    {
        _source = source;
        _changed = changed;
        _stamp = Stamp();
        _timer = source.ReloadInterval > TimeSpan.Zero
            ? time.CreateTimer(static state => ((OsloFileWatch)state!).Look(), this, source.ReloadInterval, source.ReloadInterval)
            : null;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // A look that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        string stamp = Stamp();
        if (!string.Equals(stamp, _stamp, StringComparison.Ordinal))
        {
            _stamp = stamp;
            _changed();
        }

        Volatile.Write(ref _isLooking, 0);
    }

    private string Stamp()
    {
        var stamp = new StringBuilder();
        foreach (string file in OsloFiles.Expand(_source.Paths, []))
        {
            stamp.Append(file).Append('|').Append(StampOf(file)).Append('\n');
        }

        return stamp.ToString();
    }

    private static string StampOf(string file)
    {
        try
        {
            // The target's: a link that points to another file has changed.
            var info = new FileInfo(file);
            FileSystemInfo target = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
            return string.Create(CultureInfo.InvariantCulture, $"{target.FullName}|{target.LastWriteTimeUtc.Ticks}|{(target is FileInfo { Exists: true } found ? found.Length : -1)}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.GetType().Name;
        }
    }
}
