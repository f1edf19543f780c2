using System.Text;
using System.Text.Json.Serialization;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed partial class JsonMessageHandlerTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=\"UTF-8\"")]
    [InlineData("application/vnd.shop.order+json")]
    [InlineData("text/json;charset=utf-8")]
    public async Task A_json_body_reaches_the_handler_as_a_value(string? contentType)
    {
        var handler = new RecordingHandler();

        Settlement settlement = await new JsonMessageHandler<Order>(handler, OrderContext.Default.Order).HandleAsync(Message("""{"Number":7}""", contentType), CancellationToken.None);

        Assert.Equal(Settlement.Requeue, settlement);
        Assert.Equal(7, Assert.Single(handler.Values).Number);
    }

    [Fact]
    public async Task A_byte_order_mark_and_the_identity_encoding_are_accepted()
    {
        var handler = new RecordingHandler();

        await new JsonMessageHandler<Order>(handler, OrderContext.Default.Order).HandleAsync(Message("\uFEFF{\"Number\":7} \r\n", encoding: "identity"), CancellationToken.None);

        Assert.Single(handler.Values);
    }

    // Kombu, and with it oslo.messaging and Celery, and Spring's JSON converter put the charset there.
    [Theory]
    [InlineData("application/json", "utf-8")]
    [InlineData("application/json", "UTF-8")]
    [InlineData("application/json", "utf8")]
    [InlineData("application/json; charset=utf8", null)]
    [InlineData("application/json", "us-ascii")]
    public async Task A_charset_that_is_UTF_8_is_accepted_by_each_of_its_names_and_as_the_encoding(string contentType, string? encoding)
    {
        var handler = new RecordingHandler();

        await new JsonMessageHandler<Order>(handler, OrderContext.Default.Order).HandleAsync(Message("""{"Number":7}""", contentType, encoding), CancellationToken.None);

        Assert.Single(handler.Values);
    }

    [Theory]
    [InlineData("""{"Number":""", "no JSON of type Order at $, line 0, byte")]
    [InlineData("", "no JSON of type Order")]
    [InlineData("null", "is null")]
    [InlineData("""{"Number":"seven"}""", "at $.Number")]
    [InlineData("""{"Number":7} {"Number":8}""", "no JSON")]
    [InlineData("""{"Number":7}x""", "no JSON")]
    [InlineData("""{"Number":99999999999}""", "at $.Number")]
    [InlineData("[]", "no JSON of type Order")]
    public async Task A_body_that_is_not_the_type_is_malformed(string body, string problem) => Assert.Contains(problem, await FailAsync(Message(body)), StringComparison.Ordinal);

    [Theory]
    [InlineData("text/plain", null, "content-type 'text/plain'")]
    [InlineData("application/json; charset=utf-16", null, "charset 'utf-16'")]
    [InlineData("nonsense\n", null, "content-type 'nonsense?'")]
    [InlineData("application/json", "gzip", "content-encoding 'gzip'")]
    public async Task What_says_that_it_is_something_else_is_malformed(string? contentType, string? encoding, string problem)
        => Assert.Contains(problem, await FailAsync(Message("""{"Number":7}""", contentType, encoding)), StringComparison.Ordinal);

    [Fact]
    public async Task A_body_over_the_limit_is_not_read()
        => Assert.Contains("12 bytes; at most 11", await FailAsync(Message("""{"Number":7}"""), maxBodySize: 11), StringComparison.Ordinal);

    [Fact]
    public async Task A_body_that_is_nested_too_deeply_is_not_read()
    {
        string body = $$"""{"Number":7,"More":{{new string('[', 65)}}{{new string(']', 65)}}}""";

        Assert.Contains("no JSON", await FailAsync(Message(body)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reason_never_contains_the_body()
        => Assert.DoesNotContain("secret", await FailAsync(Message("""{"Number":"secret"}""")), StringComparison.Ordinal);

    private static async Task<string> FailAsync(ReceivedMessage message, int maxBodySize = 1024)
    {
        var handler = new RecordingHandler();
        MessageFormatException exception = await Assert.ThrowsAsync<MessageFormatException>(
            async () => await new JsonMessageHandler<Order>(handler, OrderContext.Default.Order, maxBodySize).HandleAsync(message, CancellationToken.None));
        Assert.Empty(handler.Values);
        Assert.False(exception.IsTransient);
        return exception.Message;
    }

    private static ReceivedMessage Message(string body, string? contentType = null, string? encoding = null)
        => new(Encoding.UTF8.GetBytes(body), new MessageProperties { ContentType = contentType, ContentEncoding = encoding });

    public sealed record Order(int Number);

    [JsonSerializable(typeof(Order))]
    private sealed partial class OrderContext : JsonSerializerContext;

    private sealed class RecordingHandler : IMessageHandler<Order>
    {
        public List<Order> Values { get; } = [];

        public ValueTask<Settlement> HandleAsync(Order value, ReceivedMessage message, CancellationToken cancellationToken)
        {
            Values.Add(value);
            return new(Settlement.Requeue);
        }
    }
}
