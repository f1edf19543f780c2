namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>One case for each rule of oslo.config's files and oslo.messaging's URLs.</summary>
internal static class HandMadeCases
{
    private const string Rabbit = "[oslo_messaging_rabbit]\n";

    public static void Write(CaseWriter writer)
    {
        Urls(writer);
        Strict(writer);
        Files(writer);
        Values(writer);
        Substitutions(writer);
        Precedence(writer);
        Removed(writer);
    }

    private static void Urls(CaseWriter writer)
    {
        string[] urls =
        [
            "rabbit://", "rabbit:///", "rabbit:////", "rabbit:///v", "rabbit://h", "rabbit://h/", "rabbit://h//", "rabbit://h/v", "rabbit://h/%2F", "rabbit://h/%2f", "rabbit://h/a/b", "rabbit://h/a%2Fb",
            "rabbit://h:5673", "rabbit://u:p@h:5673/v", "rabbit://u:p@h1,u:p@h2:5673,u:p@h3/v", "rabbit://u1:p1@h1,u2:p2@h2/", "rabbit://u:p@h1,h2/", "rabbit://h1,u:p@h2",
            "rabbit://u@h/", "rabbit://:p@h/", "rabbit://u:@h/", "rabbit://:@h/", "rabbit://@h/", "rabbit://h1,,h2,/", "rabbit://u:p%40%3A%2F%23%3F@h/", "rabbit://u%40d:p@h/", "rabbit://u@d:p@h/", "rabbit://u:p:q@h/",
            "rabbit://u:50%off@h/", "rabbit://u:%zz@h/", "rabbit://u:p%@h/", "rabbit://u:%C3%A9%F0%9F%98%80@h/", "rabbit://u:é😀@h/", "rabbit://u:&=-_.+!*()@h/", "rabbit://[::1]/", "rabbit://[::1]:5673/v", "rabbit://u:p@[2001:db8::1]:5673/v",
            "RABBIT://u:p@H:5673/V", "rabbit://h/v?ssl=1", "rabbit://h/?ssl=true&ssl_ca_file=/etc/ca.pem", "rabbit://h?ssl=yes", "rabbit://h/?ssl=", "rabbit://h/?ssl", "rabbit://h/?rabbit_retry_interval=5&rabbit_retry_backoff=3&rabbit_interval_max=9",
            "rabbit://h/?heartbeat_timeout_threshold=%31%30", "rabbit://h/?kombu_reconnect_delay=2.5", "rabbit://h/?ssl_ca_file=a&ssl_ca_file=b", "rabbit://h/?ssl_ca_file=a+b", "rabbit://h/?ssl=maybe", "rabbit://h/?nosuch=1", "rabbit://h/?rabbit_retry_interval=x",
            "rabbit://h/?kombu_failover_strategy=shuffle", "rabbit://h/?kombu_failover_strategy=random", "http//h", "//h/", "rabbit://h:x/", "rabbit://[::1/", "rabbit://under_score/", "rabbit://h./", "rabbit://10.0.0.1:1/", "rabbit://h:65535/",
        ];
        foreach (string url in urls)
        {
            writer.AddUrl(url, url.Replace("$", "$$", StringComparison.Ordinal));
        }

        writer.AddUrl("dollar in the password", "rabbit://u:pa$$word@h/");
        writer.AddUrl("escaped dollar in the password", @"rabbit://u:pa\$word@h/");
        writer.AddUrl("dollar before a digit", "rabbit://u:pa$1@h/");
        writer.AddUrl("dollar before a name", "rabbit://u:pa$word@h/");
        writer.Add("continued list of hosts", "[DEFAULT]\ntransport_url = rabbit://u:p@h1,\n    u:p@h2:5673,\n\tu:p@h3/v\n");
        writer.Add("empty URL", "[DEFAULT]\ntransport_url =\n");
        writer.Add("quoted URL", "[DEFAULT]\ntransport_url = \"rabbit://u:p@h/v\"\n");
        writer.Add("URL of notifications is not asked for", "[DEFAULT]\ntransport_url = rabbit://h1/\n[oslo_messaging_notifications]\ntransport_url = rabbit://h2/\n");
        foreach (string url in new[] { "rabbit://n:m@h2:5674/notify", "" })
        {
            string text = $"[DEFAULT]\ntransport_url = rabbit://h1/\n[oslo_messaging_notifications]\ntransport_url = {url}\n";
            writer.Add(new DifferentialCase("notifications: " + url, [writer.Write(text)]) { Notifications = true });
        }

        string old = writer.Write("[DEFAULT]\nnotification_transport_url = rabbit://old:o@h3/\n");
        writer.Add(new DifferentialCase("notifications, old name", [old]) { Notifications = true });
        writer.AddLaxer("addresses of version 6 in a list", "this Python's urlparse refuses brackets behind other text", "[DEFAULT]\ntransport_url = rabbit://u:p@h1:5673,[::1]/\n");
        writer.AddUrl("addresses of version 6 with credentials in a list", "rabbit://u:p@h1,u:p@[::1]:5673/");
    }

    private static void Strict(CaseWriter writer)
    {
        Dictionary<string, string> urls = new(StringComparer.Ordinal)
        {
            ["rabbit://h:/"] = "an empty port is a template that was not filled",
            ["rabbit://h:0/"] = "port 0 is none",
            ["rabbit://h:70000/"] = "no such port",
            ["rabbit://h:+5/"] = "a sign is no port",
            ["rabbit://h:5_6/"] = "Python's digits",
            ["rabbit://-h/"] = "no host name",
            ["rabbit://a b/"] = "a blank in a host",
            ["rabbit://u:p@/"] = "no host",
            ["rabbit://u:12/34@h/"] = "the password is cut at the slash",
            ["rabbit://u:p#q@h/"] = "the rest is a fragment",
            ["rabbit://u:p@h/v#x"] = "a fragment",
            ["rabbit://u:%FF@h/"] = "no UTF-8",
            ["kafka://h/"] = "another driver",
            ["h:5672"] = "no scheme but a host",
            ["amqp://h/"] = "AMQP 1.0 in oslo",
            ["rabbit://999.1.1.1/"] = "no address",
        };
        foreach ((string url, string why) in urls)
        {
            writer.AddStricter(url, why, $"[DEFAULT]\ntransport_url = {url}\n");
        }

        writer.AddStricter("heartbeat too long", "16 bits on the wire", Rabbit + "heartbeat_timeout_threshold = 70000\n");
        writer.AddStricter("negative heartbeat", "no time", Rabbit + "heartbeat_timeout_threshold = -1\n");
        writer.AddStricter("prefetch too large", "16 bits on the wire", Rabbit + "rabbit_qos_prefetch_count = 70000\n");
        writer.AddStricter("unknown TLS version", "oslo notices when it connects", Rabbit + "ssl = true\nssl_version = TLSv9\n");
        writer.AddStricter("demo login", "the driver does not speak it", Rabbit + "rabbit_login_method = RABBIT-CR-DEMO\n");
        writer.AddStricter("mirrored and quorum", "oslo notices when it declares", Rabbit + "rabbit_ha_queues = true\nrabbit_quorum_queue = true\n");
        writer.AddStricter("no number", "Python's nan passes every range", Rabbit + "kombu_reconnect_delay = nan\n");
        writer.AddStricter("pool below its minimum", "newer versions of oslo refuse it", Rabbit + "rpc_conn_pool_size = 1\nconn_pool_min_size = 5\n");
    }

    private static void Files(CaseWriter writer)
    {
        writer.Add("comments and blank lines", "# a\n\n[DEFAULT]\n; b\n#c = d\n\ntransport_url=rabbit://h/ # no comment\n".Replace(" # no comment", "", StringComparison.Ordinal));
        writer.Add("colon divides", "[DEFAULT]\ntransport_url: rabbit://h/\n");
        writer.Add("equals before colon", "[oslo_messaging_rabbit]\nssl_ca_file = a:b=c\n");
        writer.Add("single quotes", Rabbit + "ssl_ca_file = 'a b'\n");
        writer.Add("one quote", Rabbit + "ssl_ca_file = '\n");
        writer.Add("unequal quotes", Rabbit + "ssl_ca_file = 'a\"\n");
        writer.Add("blanks round the key", Rabbit + "ssl_ca_file   =    a\n");
        writer.Add("carriage returns", "[DEFAULT]\r\ntransport_url = rabbit://h/v\r\n");
        writer.Add("repeated key", Rabbit + "ssl_ca_file = a\nssl_ca_file = b\n");
        writer.Add("repeated section", Rabbit + "ssl_ca_file = a\n[DEFAULT]\n" + Rabbit + "ssl_key_file = k\nssl_ca_file = c\n");
        writer.Add("capital section", "[OSLO_Messaging_Rabbit]\nssl_ca_file = a\n");
        writer.Add("small default", "[default]\ntransport_url = rabbit://h/\n");
        writer.Add("section with blanks", "[ DEFAULT ]\ntransport_url = rabbit://h/\n");
        writer.Add("continuation", Rabbit + "ssl_ca_file = a\n b\n  c\n");
        writer.Add("continuation after a comment", Rabbit + "ssl_ca_file = a\n# x\n b\n");
        writer.Add("continuation after a blank line", Rabbit + "ssl_ca_file = a\n\n b\n");
        writer.Add("indented first line", " [DEFAULT]\n");
        writer.Add("no section", "transport_url = rabbit://h/\n");
        writer.Add("open section", "[DEFAULT\ntransport_url = rabbit://h/\n");
        writer.Add("section with comment", "[DEFAULT] # x\ntransport_url = rabbit://h/\n");
        writer.Add("nameless section", "[]\na = b\n");
        writer.Add("no assignment", "[DEFAULT]\nwhat\n");
        writer.Add("no key", "[DEFAULT]\n= x\n");
        writer.Add("only a comment", "# nothing\n");
        writer.Add("capital key", "[DEFAULT]\nTRANSPORT_URL = rabbit://h/\n");
        writer.AddFolder("folder in order", ("b.conf", "[DEFAULT]\ntransport_url = rabbit://b/\n"), ("a.conf", "[DEFAULT]\ntransport_url = rabbit://a/\n"), (".c.conf", "[DEFAULT]\ntransport_url = rabbit://c/\n"), ("d.txt", "[DEFAULT]\ntransport_url = rabbit://d/\n"), ("B.conf", "[DEFAULT]\ntransport_url = rabbit://B/\n"));
        writer.AddLaxer("byte order mark", "editors of Windows write it", "\uFEFF[DEFAULT]\ntransport_url = rabbit://h/\n");
    }

    private static void Values(CaseWriter writer)
    {
        foreach (string flag in new[] { "true", "True", "1", "on", "YES", "false", "0", "off", "No", "maybe", "", "2", "tru e" })
        {
            writer.Add("ssl = " + flag, $"{Rabbit}ssl = {flag}\n");
        }

        foreach (string number in new[] { "5", "05", " 7 ", "+3", "1_0", "", "x", "1.5", "0x10", "1__0", "_1" })
        {
            writer.Add("rabbit_retry_interval = " + number, $"{Rabbit}rabbit_retry_interval = {number}\n");
        }

        foreach (string number in new[] { "0", "4.5", "4.6", "-0.1", "1e0", "", "one", ".5", "inf" })
        {
            writer.Add("kombu_reconnect_delay = " + number, $"{Rabbit}kombu_reconnect_delay = {number}\n");
        }

        writer.Add("pool of none", Rabbit + "rpc_conn_pool_size = 0\n");
        writer.Add("small expiry", Rabbit + "rabbit_transient_queues_ttl = 1\n");
        writer.Add("strategy", Rabbit + "kombu_failover_strategy = shuffle\nrabbit_login_method = EXTERNAL\nssl=true\nssl_cert_file=\n".Replace("rabbit_login_method = EXTERNAL\n", "", StringComparison.Ordinal));
        writer.Add("unknown strategy", Rabbit + "kombu_failover_strategy = Shuffle\n");
        writer.Add("unknown login", Rabbit + "rabbit_login_method = plain\n");
        writer.Add("limits", Rabbit + "rabbit_quorum_queue=true\nrabbit_quorum_delivery_limit=7\nrabbit_quroum_max_memory_length=8\nrabbit_quroum_max_memory_bytes=9\n");
        writer.Add("topics", "[oslo_messaging_notifications]\ntopics = a, b ,c,\ndriver = messagingv2\ndriver = log\nretry = 3\n");
        writer.Add("old topics", "[DEFAULT]\nnotification_topics = x,y\nnotification_driver = messaging\n[rpc_notifier2]\ntopics = z\n");
    }

    private static void Substitutions(CaseWriter writer)
    {
        const string Port = "[DEFAULT]\ncontrol_exchange = nova\ntransport_url = rabbit://h:5673/";
        writer.Add("bare name", Port + "$control_exchange\n");
        writer.Add("braces", Port + "${control_exchange}x\n");
        writer.Add("group", Port + "${oslo_messaging_rabbit.ssl_ca_file}\n[oslo_messaging_rabbit]\nssl_ca_file = ca\n");
        writer.Add("of the same group", "[oslo_messaging_rabbit]\nssl_ca_file = ca\nssl_key_file = $ssl_ca_file.key\n".Replace("$ssl_ca_file.key", "${ssl_ca_file}", StringComparison.Ordinal));
        writer.Add("of the default group", "[DEFAULT]\ncontrol_exchange = x\n[oslo_messaging_rabbit]\nssl_key_file = $control_exchange\n");
        writer.Add("a number", "[oslo_messaging_rabbit]\nrabbit_retry_interval = 05\nssl_key_file = k$rabbit_retry_interval\n");
        writer.Add("a flag", "[oslo_messaging_rabbit]\nssl = on\nssl_key_file = $ssl\n");
        writer.Add("a default", "[oslo_messaging_rabbit]\nssl_key_file = $rabbit_interval_max\n");
        writer.Add("a fraction", "[oslo_messaging_rabbit]\nssl_key_file = $kombu_reconnect_delay\n");
        writer.Add("nothing", "[oslo_messaging_rabbit]\nssl_key_file = a$kombu_compression\n");
        writer.Add("a chain", "[oslo_messaging_rabbit]\nssl_ca_file = $ssl_cert_file\nssl_cert_file = $ssl_key_file\nssl_key_file = k\n");
        writer.Add("a circle", "[oslo_messaging_rabbit]\nssl_ca_file = $ssl_cert_file\nssl_cert_file = $ssl_ca_file\n");
        writer.Add("unknown", "[oslo_messaging_rabbit]\nssl_ca_file = $nothing\n");
        writer.Add("capital", "[oslo_messaging_rabbit]\nssl_ca_file = $SSL_KEY_FILE\n");
        writer.Add("broken braces", "[oslo_messaging_rabbit]\nssl_ca_file = ${ssl_key_file\n");
        writer.Add("dollars", "[oslo_messaging_rabbit]\nssl_ca_file = $$a$$$$b$\n");
    }

    private static void Precedence(CaseWriter writer)
    {
        writer.AddFiles("the later file wins", "[DEFAULT]\ntransport_url = rabbit://a/\n" + Rabbit + "ssl = true\n", "[DEFAULT]\ntransport_url = rabbit://b/\n");
        writer.AddFiles("also with an old name", Rabbit + "ssl_ca_file = a\n", Rabbit + "kombu_ssl_ca_certs = b\n");
        writer.Add("the current name wins in one file", Rabbit + "kombu_ssl_ca_certs = b\nssl_ca_file = a\n");
        writer.Add("old names", Rabbit + "rabbit_use_ssl = true\nkombu_ssl_version = TLSv1_2\nkombu_ssl_keyfile = k\nkombu_ssl_certfile = c\nkombu_ssl_ca_certs = a\nkombu_reconnect_timeout = 5\n");
        writer.Add("old places", "[DEFAULT]\namqp_auto_delete = true\nkombu_reconnect_delay = 2\nrabbit_login_method = PLAIN\nrabbit_retry_backoff = 7\nrabbit_ha_queues = true\nrpc_conn_pool_size = 3\n");
        writer.Add("new place wins", "[DEFAULT]\nrabbit_retry_backoff = 7\n" + Rabbit + "rabbit_retry_backoff = 4\n");
        writer.AddFiles("repeated option over files", "[oslo_messaging_notifications]\ndriver = a\ndriver = b\n", "[oslo_messaging_notifications]\ndriver = c\n");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["OS_DEFAULT__TRANSPORT_URL"] = "rabbit://e:f@env:5999/x", ["OS_OSLO_MESSAGING_RABBIT__SSL"] = "yes" };
        writer.Add(new DifferentialCase("environment", [writer.Write("[DEFAULT]\ntransport_url = rabbit://h/\n")]) { Environment = environment });
        writer.Add("query over the file", "[DEFAULT]\ntransport_url = rabbit://h/?ssl=0&rabbit_interval_max=11\n" + Rabbit + "ssl = 1\nrabbit_interval_max = 12\n");
    }

    private static void Removed(CaseWriter writer)
    {
        writer.AddRemoved("host and port", "guest@127.0.0.1:5670/", "[DEFAULT]\nrabbit_host = 127.0.0.1\nrabbit_port = 5670\n");
        writer.AddRemoved("host in the group", "guest@h:5672/", Rabbit + "rabbit_host = h\n");
        writer.AddRemoved("hosts beside host", "guest@a:5672/ guest@b:5673/", "[DEFAULT]\nrabbit_host = h\nrabbit_hosts = a, b:5673\n");
        writer.AddRemoved("hosts without ports", "u@a:5674/v u@b:5674/v", "[DEFAULT]\nrabbit_hosts = a,b\nrabbit_port = 5674\nrabbit_userid = u\nrabbit_password = p\nrabbit_virtual_host = v\n");
        writer.AddRemoved("substituted hosts", "guest@h:5673/", "[DEFAULT]\nrabbit_host = h\nrabbit_port = 5673\nrabbit_hosts = $rabbit_host:$rabbit_port\n");
        writer.AddRemoved("only a port", "guest@localhost:5670/", "[DEFAULT]\nrabbit_port = 5670\n");
        writer.AddRemoved("version 6", "guest@[::1]:5672/", "[DEFAULT]\nrabbit_host = ::1\n");
        writer.Add("a URL beside them wins", "[DEFAULT]\nrabbit_host = h\nrabbit_password = x\ntransport_url = rabbit://u:p@url/v\n");
    }
}
