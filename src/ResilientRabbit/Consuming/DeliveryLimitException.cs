namespace ResilientRabbit.Consuming;

/// <summary>The reason of a message that is given up without another handler run.</summary>
internal sealed class DeliveryLimitException(int count)
    : Exception(FormattableString.Invariant($"The broker had delivered it {count} times in vain; {nameof(ConsumerOptions)}.{nameof(ConsumerOptions.DeliveryLimit)} is reached. Its handler may have ended the process."));
