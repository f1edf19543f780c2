using System.Text;

namespace ResilientRabbit;

/// <summary>What was found in OpenStack configuration files and what became of it. Holds no secret.</summary>
/// <remarks>Immutable.</remarks>
public sealed class OsloConfigurationReport
{
    internal OsloConfigurationReport(IReadOnlyList<string> files, IReadOnlyList<OsloReportLine> lines, IReadOnlyList<string> problems, IReadOnlyList<string> notices, string address)
    {
        Files = files;
        Lines = lines;
        Problems = problems;
        Notices = notices;
        Address = address;
    }

    /// <summary>Gets the files that were read, in the order of reading.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Gets a line for each assignment of a key of oslo.messaging, in the order of the files. Keys of other libraries are left out.</summary>
    public IReadOnlyList<OsloReportLine> Lines { get; }

    /// <summary>Gets what is wrong, each with file, line, key and what was expected. Nothing connects while there is anything.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Gets what should be written differently: names and places that are out of use, and values that stand for something else than one might think.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Gets where the client connects to, without passwords.</summary>
    public string Address { get; }

    /// <summary>Returns the whole report as a text for people.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (string file in Files)
        {
            text.Append("read: ").AppendLine(file);
        }

        foreach (OsloReportLine line in Lines)
        {
            text.Append(line.Place).Append(": [").Append(line.Group).Append("] ").Append(line.Key).Append(" = ").AppendLine(line.Value);
            text.Append("    ").Append(line.Fate).Append(": ").AppendLine(line.Effect);
        }

        foreach (string notice in Notices)
        {
            text.Append("notice: ").AppendLine(notice);
        }

        foreach (string problem in Problems)
        {
            text.Append("problem: ").AppendLine(problem);
        }

        return text.Append(Problems.Count == 0 ? "connects to: " + Address : "connects nowhere: the configuration is not valid").AppendLine().ToString();
    }
}
