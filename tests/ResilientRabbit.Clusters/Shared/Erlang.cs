using System.Globalization;
using System.Text;

namespace ResilientRabbit.Clusters;

/// <summary>Erlang source text, shared by both drivers.</summary>
internal static class Erlang
{
    private const string Success = "RR-OK";
    private const string Failure = "RR-ERROR";

    /// <summary>A binary literal.</summary>
    public static string Binary(string text)
    {
        var literal = new StringBuilder("<<");
        var separator = "";
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            literal.Append(separator).Append(value.ToString(CultureInfo.InvariantCulture));
            separator = ",";
        }

        return literal.Append(">>").ToString();
    }

    /// <summary>The resource record of a queue.</summary>
    public static string Queue(string queue, string virtualHost) => $"rabbit_misc:r({Binary(virtualHost)}, queue, {Binary(queue)})";

    /// <summary>
    /// Prints the value of an iodata expression between marks, since neither erl_call nor rabbitmqctl tells by its exit code
    /// whether the expression failed, and both may print more than asked.
    /// </summary>
    public static string Wrap(string expression) =>
        $"try iolist_to_binary(begin {expression} end) of RrValue -> io:format(\"{Success}~ts{Success}\", [RrValue]) " +
        $"catch RrClass:RrReason -> io:format(\"{Failure}~0p{Failure}\", [{{RrClass, RrReason}}]) end.\n";

    public static string Unwrap(string node, string expression, string output)
    {
        if (Between(output, Success) is { } value)
        {
            return value;
        }

        throw new InvalidOperationException($"Node {node} did not evaluate {expression}: {Between(output, Failure) ?? output}");
    }

    private static string? Between(string output, string mark)
    {
        var start = output.IndexOf(mark, StringComparison.Ordinal);
        var end = output.LastIndexOf(mark, StringComparison.Ordinal);

        return start >= 0 && end > start ? output[(start + mark.Length)..end] : null;
    }
}
