using System.Reflection;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Counts the tasks of this process that have begun and not ended, by what they run: those that the runtime notes for a debugger.</summary>
public sealed class LiveTasks : IDisposable
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Static;

    private static readonly FieldInfo Switch = Field("s_asyncDebuggingEnabled");
    private static readonly FieldInfo Noted = Field("s_currentActiveTasks");

    private bool _isDisposed;

    public LiveTasks() => Switch.SetValue(null, true);

    /// <summary>How many there are now of each kind.</summary>
    public IReadOnlyDictionary<string, int> Count()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var noted = (Dictionary<int, Task>?)Noted.GetValue(null);
        if (noted is null)
        {
            return new Dictionary<string, int>(StringComparer.Ordinal);
        }

        lock (noted)
        {
            return noted.Values.Where(static task => !task.IsCompleted).GroupBy(static task => task.GetType().ToString(), StringComparer.Ordinal).ToDictionary(static kind => kind.Key, static kind => kind.Count(), StringComparer.Ordinal);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        Switch.SetValue(null, false);
    }

    private static FieldInfo Field(string name) => typeof(Task).GetField(name, Hidden) ?? throw new InvalidOperationException($"This runtime has no {name}.");
}
