using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublishReceiptTests
{
    [Fact]
    public void A_receipt_whose_id_is_made_late_is_the_same_as_one_with_the_text()
    {
        var ids = new MessageIds();
        var late = new PublishReceipt(ids, 42, 2, 1);
        var early = new PublishReceipt(ids.For(42), 2, 1);

        Assert.Equal(early, late);
        Assert.Equal(early.GetHashCode(), late.GetHashCode());
        Assert.Equal(early.ToString(), late.ToString());
        Assert.Equal((early.MessageId, 2, 1), (late.MessageId, late.Attempts, late.Nacks));
        (string id, int attempts, int nacks) = late;
        Assert.Equal((ids.For(42), 2, 1), (id, attempts, nacks));
    }

    [Fact]
    public void Receipts_differ_in_each_of_their_parts()
    {
        var ids = new MessageIds();
        var receipt = new PublishReceipt(ids, 42, 1, 0);

        Assert.NotEqual(receipt, new PublishReceipt(ids, 43, 1, 0));
        Assert.NotEqual(receipt, new PublishReceipt(new MessageIds(), 42, 1, 0));
        Assert.NotEqual(receipt, receipt with { Attempts = 2 });
        Assert.NotEqual(receipt, receipt with { Nacks = 1 });
        Assert.Equal("mine", (receipt with { MessageId = "mine" }).MessageId);
        Assert.Equal(string.Empty, default(PublishReceipt).MessageId);
    }
}
