using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.ConnectionState;
using static ResilientRabbit.Connections.ConnectionTrigger;

namespace ResilientRabbit.Tests.Connections;

public sealed class ConnectionStateMachineTests
{
    // Every pair. A new state or trigger without its rows fails the test below.
    private static readonly Dictionary<(ConnectionState State, ConnectionTrigger Trigger), ConnectionState?> Table = new()
    {
        [(Disconnected, ConnectRequested)] = Connecting,
        [(Disconnected, Opened)] = null,
        [(Disconnected, AttemptFailed)] = null,
        [(Disconnected, AttemptRefused)] = null,
        [(Disconnected, RetryDue)] = null,
        [(Disconnected, Lost)] = null,
        [(Disconnected, CloseRequested)] = Closed,

        [(Connecting, ConnectRequested)] = null,
        [(Connecting, Opened)] = Connected,
        [(Connecting, AttemptFailed)] = Connecting,
        [(Connecting, AttemptRefused)] = Faulted,
        [(Connecting, RetryDue)] = null,
        [(Connecting, Lost)] = null,
        [(Connecting, CloseRequested)] = Closed,

        [(Connected, ConnectRequested)] = null,
        [(Connected, Opened)] = null,
        [(Connected, AttemptFailed)] = null,
        [(Connected, AttemptRefused)] = null,
        [(Connected, RetryDue)] = null,
        [(Connected, Lost)] = Reconnecting,
        [(Connected, CloseRequested)] = Closed,

        [(Reconnecting, ConnectRequested)] = null,
        [(Reconnecting, Opened)] = Connected,
        [(Reconnecting, AttemptFailed)] = Reconnecting,
        [(Reconnecting, AttemptRefused)] = Faulted,
        [(Reconnecting, RetryDue)] = null,
        [(Reconnecting, Lost)] = null,
        [(Reconnecting, CloseRequested)] = Closed,

        [(Faulted, ConnectRequested)] = null,
        [(Faulted, Opened)] = null,
        [(Faulted, AttemptFailed)] = null,
        [(Faulted, AttemptRefused)] = null,
        [(Faulted, RetryDue)] = Connecting,
        [(Faulted, Lost)] = null,
        [(Faulted, CloseRequested)] = Closed,

        [(Closed, ConnectRequested)] = null,
        [(Closed, Opened)] = null,
        [(Closed, AttemptFailed)] = null,
        [(Closed, AttemptRefused)] = null,
        [(Closed, RetryDue)] = null,
        [(Closed, Lost)] = null,
        [(Closed, CloseRequested)] = null,
    };

    public static TheoryData<string, string> AllPairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (ConnectionState state in Enum.GetValues<ConnectionState>())
            {
                foreach (ConnectionTrigger trigger in Enum.GetValues<ConnectionTrigger>())
                {
                    pairs.Add(state.ToString(), trigger.ToString());
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void Every_trigger_in_every_state_leads_where_the_table_says(string state, string trigger)
    {
        (ConnectionState, ConnectionTrigger) pair = (Enum.Parse<ConnectionState>(state), Enum.Parse<ConnectionTrigger>(trigger));

        Assert.True(Table.TryGetValue(pair, out ConnectionState? expected), $"{state} x {trigger} has no row in the table of this test.");
        Assert.Equal(expected, ConnectionStateMachine.Next(pair.Item1, pair.Item2));
    }
}
