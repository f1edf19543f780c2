using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>Draws the activities of one message that was sent again: who began which, and what happened in them.</summary>
internal static class TracePicture
{
    private const int Width = 1000;
    private const int Left = 190;
    private const int Right = 140;
    private const int Top = 56;
    private const int Step = 74;
    private const int BarHeight = 22;

    public static string Draw(Activity caller, Activity publish, Activity process)
    {
        var begin = caller.StartTimeUtc;
        DateTime[] ends = [.. new[] { caller, publish, process }.Select(static activity => activity.StartTimeUtc + activity.Duration)];
        var whole = Math.Max(1, (ends.Max() - begin).TotalMilliseconds);
        double X(DateTime time) => Left + ((time - begin).TotalMilliseconds / whole * (Width - Left - Right));

        var svg = new Svg(Width, Top + (3 * Step) + 12);
        svg.Text(20, 22, $"trace {publish.TraceId} of one message that was sent again; the handler's activity is linked to the publisher's", size: 13);
        var row = 0;
        foreach (var (activity, colour) in new[] { (caller, Svg.Ink), (publish, Svg.Green), (process, Svg.Blue) })
        {
            var y = Top + (row * Step);
            var end = activity.StartTimeUtc + activity.Duration;
            svg.Text(Left - 10, y + 15, activity.DisplayName, "end");
            svg.Text(Left - 10, y + 30, "span " + activity.SpanId.ToHexString()[..8], "end", 10);
            svg.Box(X(activity.StartTimeUtc), y, X(end) - X(activity.StartTimeUtc), BarHeight, colour);
            svg.Text(X(end) + 6, y + 15, string.Create(CultureInfo.InvariantCulture, $"{activity.Duration.TotalMilliseconds:0.0} ms"), size: 11);
            row++;
        }

        svg.Line(X(publish.StartTimeUtc), Top + BarHeight, X(publish.StartTimeUtc), Top + Step, Svg.Ink);
        svg.Text(X(publish.StartTimeUtc) + 6, Top + 46, "parent", size: 11);
        svg.Line(X(process.StartTimeUtc), Top + Step + BarHeight, X(process.StartTimeUtc), Top + (2 * Step), Svg.Ink, isDashed: true);
        svg.Text(X(process.StartTimeUtc) - 6, Top + Step + 58, "link", "end", 11);
        foreach (var happened in publish.Events)
        {
            var tags = string.Join(", ", happened.Tags.Where(static tag => tag.Value is not null).Select(static tag => string.Create(CultureInfo.InvariantCulture, $"{tag.Key[(tag.Key.LastIndexOf('.') + 1)..]} {tag.Value}")));
            svg.Dot(X(happened.Timestamp.UtcDateTime), Top + Step + (BarHeight / 2), Svg.Red);
            svg.Text(X(happened.Timestamp.UtcDateTime), Top + Step + BarHeight + 16, $"{happened.Name}: {tags}", "end", 11, Svg.Red);
        }

        return svg.ToString();
    }
}
