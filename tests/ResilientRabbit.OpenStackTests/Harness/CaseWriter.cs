using System.Globalization;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>Writes the files of the differential test: hand-made ones for each rule, then random ones from a fixed seed.</summary>
internal sealed class CaseWriter(TempFolder folder)
{
    private readonly List<DifferentialCase> _cases = [];

    public IReadOnlyList<DifferentialCase> Cases => _cases;

    public void Add(string name, string text) => _cases.Add(new DifferentialCase(name, [Write(text)]));

    public void AddUrl(string name, string url) => Add(name, $"[DEFAULT]\ntransport_url = {url}\n");

    public void AddStricter(string name, string why, string text) => _cases.Add(new DifferentialCase(name, [Write(text)]) { Stricter = why });

    public void AddLaxer(string name, string why, string text) => _cases.Add(new DifferentialCase(name, [Write(text)]) { Laxer = why });

    public void AddRemoved(string name, string endpoints, string text) => _cases.Add(new DifferentialCase(name, [Write(text)]) { Removed = endpoints });

    public void AddFiles(string name, params string[] texts) => _cases.Add(new DifferentialCase(name, [.. texts.Select(Write)]));

    public void AddFolder(string name, params (string File, string Text)[] files)
    {
        string path = Directory.CreateDirectory(Path.Combine(folder.Path, NextName() + ".d")).FullName;
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(Path.Combine(path, file), text);
        }

        _cases.Add(new DifferentialCase(name, [path]));
    }

    public void Add(DifferentialCase more) => _cases.Add(more);

    public string Write(string text) => folder.Write(NextName() + ".conf", text);

    private string NextName() => string.Create(CultureInfo.InvariantCulture, $"case{Directory.EnumerateFileSystemEntries(folder.Path).Count():D4}");
}
