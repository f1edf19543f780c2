using System.Globalization;

namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>Draws a run: confirms and deliveries over time, the node of each connection, and what was done to the cluster.</summary>
internal sealed class TimelinePicture
{
    private const int Width = 1000;
    private const int Left = 110;
    private const int Right = 20;
    private const int Top = 64;
    private const int PanelHeight = 110;
    private const int LaneHeight = 20;

    private static readonly string[] NodeColours = [Svg.Blue, Svg.Green, Svg.Violet, Svg.Orange, Svg.Ink];

    private readonly TimelineRecorder _run;
    private readonly string _title;
    private readonly double _seconds;

    private TimelinePicture(TimelineRecorder run, string title)
    {
        (_run, _title) = (run, title);
        _seconds = Math.Max(1, run.Samples[^1].Seconds);
    }

    public static string Draw(TimelineRecorder run, string title) => new TimelinePicture(run, title).Draw();

    private string Draw()
    {
        string[] connections = [.. _run.Samples.SelectMany(static sample => sample.Connections).Select(static place => place.Connection).Distinct(StringComparer.Ordinal)];
        string[] nodes = [.. _run.Samples.SelectMany(static sample => sample.Connections).Select(static place => place.Node).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var lanesTop = Top + (2 * (PanelHeight + 26)) + 6;
        var bottom = lanesTop + (connections.Length * (LaneHeight + 6));
        var svg = new Svg(Width, bottom + 52);
        svg.Text(Left, 20, _title, size: 13);

        Panel(svg, Top, "confirmed/s", Svg.Green, static sample => sample.Confirmed);
        Panel(svg, Top + PanelHeight + 26, "received/s", Svg.Blue, static sample => sample.Received);
        for (var index = 0; index < connections.Length; index++)
        {
            Lane(svg, lanesTop + (index * (LaneHeight + 6)), connections[index], nodes);
        }

        Marks(svg, bottom);
        Axis(svg, bottom);
        for (var index = 0; index < nodes.Length; index++)
        {
            svg.Box(Left + (index * 110), bottom + 30, 12, 12, ColourOf(nodes, nodes[index]));
            svg.Text(Left + 18 + (index * 110), bottom + 40, nodes[index]);
        }

        svg.Box(Left + (nodes.Length * 110), bottom + 30, 12, 12, Svg.Red);
        svg.Text(Left + 18 + (nodes.Length * 110), bottom + 40, "not connected");
        return svg.ToString();
    }

    private double X(double seconds) => Left + (seconds / _seconds * (Width - Left - Right));

    /// <summary>One bar for each sample, as high as its rate.</summary>
    private void Panel(Svg svg, int top, string name, string colour, Func<TimelineSample, int> count)
    {
        double[] rates = [.. _run.Samples.Zip(_run.Samples.Skip(1), (before, after) => (count(after) - count(before)) / Math.Max(0.001, after.Seconds - before.Seconds))];

        // The few highest, when a backlog comes at once, may be cut off: the rest could not be seen otherwise.
        var most = Math.Max(1, rates.Order().ElementAt((int)(rates.Length * 0.98)) * 1.15);
        for (var index = 0; index < rates.Length; index++)
        {
            var height = Math.Min(1, rates[index] / most) * PanelHeight;
            var x = X(_run.Samples[index].Seconds);
            svg.Box(x, top + PanelHeight - height, X(_run.Samples[index + 1].Seconds) - x, height, colour);
        }

        svg.Line(Left, top + PanelHeight, Width - Right, top + PanelHeight, Svg.Faint);
        svg.Text(Left - 8, top + 12, string.Create(CultureInfo.InvariantCulture, $"{most:0}"), "end", 11);
        svg.Text(Left - 8, top + (PanelHeight / 2), name, "end");
        svg.Text(Left - 8, top + PanelHeight, "0", "end", 11);
    }

    private void Lane(Svg svg, int top, string connection, string[] nodes)
    {
        svg.Text(Left - 8, top + 15, connection, "end");
        string? NodeAt(int index) => _run.Samples[index].Connections.FirstOrDefault(place => string.Equals(place.Connection, connection, StringComparison.Ordinal)).Node;
        for (int index = 0, next; index + 1 < _run.Samples.Count; index = next)
        {
            var node = NodeAt(index);
            next = index + 1;
            while (next + 1 < _run.Samples.Count && string.Equals(NodeAt(next), node, StringComparison.Ordinal))
            {
                next++;
            }

            var x = X(_run.Samples[index].Seconds);
            svg.Box(x, top, X(_run.Samples[next].Seconds) - x, LaneHeight, node is null ? Svg.Red : ColourOf(nodes, node));
        }
    }

    private void Marks(Svg svg, int bottom)
    {
        var index = 0;
        foreach (var (seconds, text) in _run.Marks)
        {
            var x = X(seconds);
            svg.Line(x, Top - 20 + (index % 2 * 13), x, bottom, Svg.Ink, isDashed: true);
            svg.Text(x + 4, Top - 20 + (index % 2 * 13), text, size: 11);
            index++;
        }
    }

    private void Axis(Svg svg, int bottom)
    {
        var step = _seconds > 40 ? 5 : _seconds > 15 ? 2 : 1;
        for (var second = 0; second <= _seconds; second += step)
        {
            svg.Text(X(second), bottom + 14, string.Create(CultureInfo.InvariantCulture, $"{second} s"), "middle", 11);
        }
    }

    private static string ColourOf(string[] nodes, string node) => NodeColours[Math.Max(0, Array.IndexOf(nodes, node)) % NodeColours.Length];
}
