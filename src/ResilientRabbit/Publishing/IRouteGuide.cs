namespace ResilientRabbit.Publishing;

/// <summary>What publishing asks of the topology.</summary>
internal interface IRouteGuide
{
    /// <summary>Completes when everything registered was declared or refused once; lanes write nothing before.</summary>
    Task Ready { get; }

    /// <summary>Whether the application declares through us what routes this message: then a return waits for its declaration.</summary>
    bool Knows(string exchange, string routingKey);

    /// <summary>Whether the application declares this exchange through us: then a 404 waits for its declaration.</summary>
    bool KnowsExchange(string exchange);

    /// <summary>The target seems to be gone: declare it again.</summary>
    void Suspect(string exchange, string routingKey);
}
