namespace ResilientRabbit.Clusters;

/// <summary>The configuration of one local node, as files.</summary>
internal sealed class NodeFiles(string folder)
{
    public string Data => Path.Combine(folder, "data");

    public string Output => Path.Combine(folder, "output.log");

    public string LogFolder => Path.Combine(folder, "log");

    public void Write(NodeConfiguration configuration)
    {
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(LogFolder);
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), configuration.Main);
        File.WriteAllText(Path.Combine(folder, "advanced.config"), configuration.Advanced);
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), configuration.EnabledPlugins);
    }

    public void AddTo(Dictionary<string, string?> variables)
    {
        variables["RABBITMQ_MNESIA_BASE"] = Data;
        variables["RABBITMQ_LOG_BASE"] = LogFolder;
        variables["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf");
        variables["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "advanced.config");
        variables["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins");
        variables["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid");
    }

    public void WipeData()
    {
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);
    }

    /// <summary>The end of the node's output and log, for the message of an exception.</summary>
    public string ReadTail()
    {
        var lines = new List<string>();
        foreach (var file in new[] { Output }.Concat(Directory.EnumerateFiles(LogFolder)).Where(File.Exists))
        {
            lines.Add($"--- {Path.GetFileName(file)}");
            lines.AddRange(File.ReadLines(file).TakeLast(25));
        }

        return string.Join('\n', lines);
    }
}
