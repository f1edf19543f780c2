using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Samples.Producer;

/// <summary>Publishes orders at a steady rate, without waiting for one before sending the next, and logs what became of them.</summary>
internal sealed class OrderProducer(IRabbitClient client, ProducerOptions options, IHostApplicationLifetime lifetime, ILogger<OrderProducer> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var reports = ReportAsync(stoppingToken);
        try
        {
            await PublishAllAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogInformation("Stopping: waiting for the messages in flight");
        }

        // Whatever happens to the cluster meanwhile: everything accepted so far gets its outcome, at the latest at its delivery time-out.
        var counts = await client.Publisher.FlushAsync(CancellationToken.None);
        logger.LogInformation("Done: {Counts}", counts);
        lifetime.StopApplication();
        await reports;
    }

    private async Task PublishAllAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var start = Stopwatch.GetTimestamp();
        var number = 0;
        while (options.Count == 0 || number < options.Count)
        {
            var due = (int)Math.Min(Stopwatch.GetElapsedTime(start).TotalSeconds * options.Rate, options.Count == 0 ? int.MaxValue : options.Count);
            for (; number < due; number++)
            {
                _ = PublishAsync(new Order(number, $"customer-{number % 10}", 9.90m));
            }

            await timer.WaitForNextTickAsync(stopping);
        }
    }

    private async Task PublishAsync(Order order)
    {
        try
        {
            var receipt = await client.Publisher.PublishAsync(
                exchange: "",
                routingKey: options.Queue,
                JsonSerializer.SerializeToUtf8Bytes(order, OrderJson.Default.Order),
                new MessageProperties { ContentType = "application/json", Type = nameof(Order) });
            logger.LogDebug("Order {Number} is confirmed: {Receipt}", order.Number, receipt);
        }
        catch (PublishException exception)
        {
            // Failure says what is known: see the table of errors in the README.
            logger.LogWarning("Order {Number} is not confirmed ({Failure}, may be stored: {MayBeStored}): {Message}",
                order.Number, exception.Failure, exception.MayBeStored, exception.Message);
        }
        catch (ObjectDisposedException)
        {
            logger.LogWarning("Order {Number} was not sent: the application has stopped", order.Number);
        }
    }

    private async Task ReportAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                var status = client.Status;
                logger.LogInformation("{State}: {Confirmed} confirmed, {Pending} in flight", status.State, status.Publishing.Confirmed, status.Publishing.Pending);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
