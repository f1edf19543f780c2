namespace ResilientRabbit.Tests.Configuration;

/// <summary>OpenStack files that must be refused: the text, the line of the problem and what it says.</summary>
internal static class BadOsloTable
{
    private const string S = Canary.Secret;
    private const string Rabbit = "[oslo_messaging_rabbit]\n";

    public static readonly IReadOnlyDictionary<string, (string Text, int Line, string Problem)> Files = new Dictionary<string, (string, int, string)>(StringComparer.Ordinal)
    {
        ["no section"] = ("rabbit_host = h\n", 1, "the line assigns a value before the first section"),
        ["open section"] = ("# x\n[DEFAULT\n", 2, "the line begins with '[' and does not end with ']'"),
        ["section and comment"] = ("[DEFAULT] ; x\n", 1, "the line begins with '[' and does not end with ']'"),
        ["nameless section"] = ("[]\n", 1, "the line has a section without a name"),
        ["no assignment"] = ($"[DEFAULT]\n\n{S}\n", 3, "the line is neither a section, a comment nor 'key = value'"),
        ["no key"] = ($"[DEFAULT]\n= {S}\n", 2, "the line has no key before"),
        ["indented"] = ("[DEFAULT]\n  rabbit_host = h\n", 2, "the line begins with a blank"),
        ["port of letters"] = (Rabbit + "rabbit_port = abc\n", 2, "[oslo_messaging_rabbit] rabbit_port: must be a whole number from 0 to 65535, is 'abc'"),
        ["port 0"] = ("[DEFAULT]\nrabbit_port = 0\n", 2, "[DEFAULT] rabbit_port: must be a port from 1 to 65535, is 0"),
        ["port too large"] = ("[DEFAULT]\nrabbit_host = h\nrabbit_port = 70000\n", 3, "[DEFAULT] rabbit_port: must be a whole number from 0 to 65535"),
        ["host with port"] = ("[DEFAULT]\nrabbit_host = h:5672\n", 2, "[DEFAULT] rabbit_host: must be a host without a port"),
        ["host with credentials"] = ($"[DEFAULT]\nrabbit_host = u:{S}@h\n", 2, "[DEFAULT] rabbit_host: must"),
        ["second of the hosts"] = ("[DEFAULT]\nrabbit_hosts = a,-b\n", 2, "[DEFAULT] rabbit_hosts: host 2: no part of a host name"),
        ["no hosts"] = ("[DEFAULT]\nrabbit_hosts =\n", 2, "[DEFAULT] rabbit_hosts: must name 1 to 256 hosts, names 0"),
        ["empty password"] = ("[DEFAULT]\nrabbit_host = h\nrabbit_password =\n", 3, "[DEFAULT] rabbit_password: must not be empty"),
        ["empty virtual host"] = ("[DEFAULT]\nrabbit_host = h\nrabbit_virtual_host =\n", 3, "[DEFAULT] rabbit_virtual_host: must not be empty"),
        ["empty url"] = ("[DEFAULT]\ntransport_url =\n", 2, "[DEFAULT] transport_url: must begin with rabbit://"),
        ["amqp url"] = ($"[DEFAULT]\ntransport_url = amqp://u:{S}@h\n", 2, "[DEFAULT] transport_url: must begin with rabbit://"),
        ["url with a slash in the password"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}/x@h/\n", 2, "[DEFAULT] transport_url: has an '@' behind the first '/'"),
        ["url with a question mark in the password"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}?x@h/\n", 2, "[DEFAULT] transport_url: has an '@' behind"),
        ["url with a hash in the password"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}#x@h/\n", 2, "[DEFAULT] transport_url: must not have a fragment"),
        ["url with a blank"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S} x@h/\n", 2, "[DEFAULT] transport_url: must not contain blanks"),
        ["url without a host"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}@/\n", 2, "[DEFAULT] transport_url: host 1: must not be empty"),
        ["url with port 0"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}@a,u:{S}@b:0/\n", 2, "[DEFAULT] transport_url: host 2: the part after ':'"),
        ["url with NUL"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}%00@h/\n", 2, "[DEFAULT] transport_url: host 1: must not have the NUL"),
        ["url with bytes that are no text"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}%FF@h/\n", 2, "[DEFAULT] transport_url: host 1: has bytes in the user or the password"),
        ["url too long"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}{new string('x', 100_000)}@h/\n", 2, "[DEFAULT] transport_url: must have at most 65536 characters"),
        ["virtual host too long"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}@h/{new string('v', 256)}\n", 2, "[DEFAULT] transport_url: must have at most 255 bytes"),
        ["unknown query"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}@h/?sll=1\n", 0, "has 'sll', which is no option of [oslo_messaging_rabbit]; the nearest one is 'ssl'"),
        ["bad query"] = ($"[DEFAULT]\ntransport_url = rabbit://u:{S}@h/?ssl=maybe\n", 0, "ssl: must be true or false"),
        ["unresolved dollar in a password"] = ($"[DEFAULT]\nrabbit_password = {S}$word\n", 2, "[DEFAULT] rabbit_password: has '$' before a name that is no key"),
        ["password that refers to a secret"] = ($"[DEFAULT]\nx = {S}$nothing\nrabbit_password = $x\n", 3, "[DEFAULT] rabbit_password: has '$' before"),
        ["unresolved name"] = (Rabbit + "rabbit_hosts = $my_ip\n", 2, "[oslo_messaging_rabbit] rabbit_hosts: refers to 'my_ip', which is no key of the files"),
        ["circle"] = (Rabbit + "ssl_ca_file = $ssl_ca_file\n", 2, "[oslo_messaging_rabbit] ssl_ca_file: refers to itself"),
        ["flag that refers to a secret"] = (Rabbit + $"rabbit_password = {S}\nssl = $rabbit_password\n", 3, "[oslo_messaging_rabbit] ssl: must be true or false (or 1, on, yes, 0, off, no), (the value is not shown)"),
        ["file that refers to a secret"] = (Rabbit + $"rabbit_password = {S}\nssl = true\nssl_ca_file = $rabbit_password\n", 4, "[oslo_messaging_rabbit] ssl_ca_file: names a file that does not exist, '***'"),
        ["flag"] = (Rabbit + "ssl = maybe\n", 2, "[oslo_messaging_rabbit] ssl: must be true or false (or 1, on, yes, 0, off, no), is 'maybe'"),
        ["number"] = (Rabbit + "rabbit_retry_interval = 1.5\n", 2, "[oslo_messaging_rabbit] rabbit_retry_interval: must be a whole number, is '1.5'"),
        ["number out of range"] = (Rabbit + "kombu_reconnect_delay = 5\n", 2, "[oslo_messaging_rabbit] kombu_reconnect_delay: must be a number from 0 to 4.5, is '5'"),
        ["infinite number"] = (Rabbit + "kombu_reconnect_splay = 1e400\n", 2, "[oslo_messaging_rabbit] kombu_reconnect_splay: must be a number, at least 0"),
        ["choice"] = (Rabbit + "kombu_failover_strategy = random\n", 2, "[oslo_messaging_rabbit] kombu_failover_strategy: must be round-robin or shuffle, is 'random'"),
        ["heartbeat too long"] = (Rabbit + "heartbeat_timeout_threshold = 70000\n", 2, "[oslo_messaging_rabbit] heartbeat_timeout_threshold: must be 0 to 65535, is 70000"),
        ["heartbeat negative"] = (Rabbit + "heartbeat_timeout_threshold = -1\n", 2, "[oslo_messaging_rabbit] heartbeat_timeout_threshold: must be 0 to 65535, is -1"),
        ["prefetch too large"] = (Rabbit + "rabbit_qos_prefetch_count = 65536\n", 2, "[oslo_messaging_rabbit] rabbit_qos_prefetch_count: must be 0 to 65535"),
        ["demo login"] = (Rabbit + "rabbit_login_method = RABBIT-CR-DEMO\n", 2, "[oslo_messaging_rabbit] rabbit_login_method: is a demonstration"),
        ["external without TLS"] = (Rabbit + "rabbit_login_method = EXTERNAL\n", 2, "[oslo_messaging_rabbit] rabbit_login_method: is External, which needs TLS"),
        ["TLS version"] = (Rabbit + "ssl_version = TLSv9\n", 2, "[oslo_messaging_rabbit] ssl_version: must be TLSv1_2"),
        ["authority file missing"] = (Rabbit + "ssl = true\nkombu_ssl_ca_certs = no-such-file.pem\n", 3, "[oslo_messaging_rabbit] kombu_ssl_ca_certs: names a file that does not exist, 'no-such-file.pem'"),
        ["mirrored and quorum"] = (Rabbit + "rabbit_quorum_queue = 1\nrabbit_ha_queues = 1\n", 3, "[oslo_messaging_rabbit] rabbit_ha_queues: is true, and rabbit_quorum_queue is true"),
        ["pool below its minimum"] = (Rabbit + "rpc_conn_pool_size = 1\nconn_pool_min_size = 5\n", 3, "[oslo_messaging_rabbit] conn_pool_min_size: must be at most rpc_conn_pool_size (1), is 5"),
    };
}
