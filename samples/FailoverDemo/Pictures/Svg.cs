using System.Globalization;
using System.Net;
using System.Text;

namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>A picture made of lines, boxes and words, on white so that it can be read on a dark page too.</summary>
internal sealed class Svg(int width, int height)
{
    public const string Ink = "#24292f";
    public const string Faint = "#d0d7de";
    public const string Blue = "#0969da";
    public const string Green = "#2da44e";
    public const string Orange = "#d4a72c";
    public const string Red = "#cf222e";
    public const string Violet = "#8250df";

    private readonly StringBuilder _body = new();

    public void Box(double x, double y, double boxWidth, double boxHeight, string colour) =>
        Add($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(0.6, boxWidth):0.#}\" height=\"{Math.Max(0, boxHeight):0.#}\" fill=\"{colour}\"/>");

    public void Line(double x1, double y1, double x2, double y2, string colour, bool isDashed = false) =>
        Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{colour}\" stroke-width=\"1.2\"{(isDashed ? " stroke-dasharray=\"4 3\"" : "")}/>");

    public void Dot(double x, double y, string colour) => Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"4.5\" fill=\"{colour}\"/>");

    public void Text(double x, double y, string text, string anchor = "start", int size = 12, string colour = Ink) =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\">{WebUtility.HtmlEncode(text)}</text>");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif">
        <rect width="100%" height="100%" fill="#ffffff"/>
        {_body}</svg>

        """);

    private void Add(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
