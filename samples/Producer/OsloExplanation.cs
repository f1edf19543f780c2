namespace ResilientRabbit.Samples.Producer;

/// <summary>Prints what becomes of each key of OpenStack configuration files.</summary>
internal static class OsloExplanation
{
    /// <returns>0 when the files can be used, 2 when not.</returns>
    public static int Print(IReadOnlyList<string> paths)
    {
        var configuration = OsloConfiguration.Load(paths);
        Console.Write(configuration.Report);
        return configuration.IsValid ? 0 : 2;
    }
}
