using ResilientRabbit.Declaring;
using ResilientRabbit.Publishing;

namespace ResilientRabbit;

/// <summary>Lets publishing ask the topology without knowing it.</summary>
internal sealed class RouteGuide(TopologyDeclarer declarer) : IRouteGuide
{
    public Task Ready => declarer.InitialPass;

    public bool Knows(string exchange, string routingKey) => declarer.Knows(exchange, routingKey);

    public bool KnowsExchange(string exchange) => declarer.KnowsExchange(exchange);

    public void Suspect(string exchange, string routingKey) => declarer.Suspect(exchange, routingKey);
}
