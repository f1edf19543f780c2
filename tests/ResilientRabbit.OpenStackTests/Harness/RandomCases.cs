using System.Globalization;
using System.Text;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>Random files and URLs that both readers take, always the same ones.</summary>
internal static class RandomCases
{
    private const string Letters = "abcXYZ019-_.~!*()&=+ é😀%:/@#?,\"'\\|<>^`{}[];";

    private static readonly (string Key, string[] Values)[] Keys =
    [
        ("ssl", ["true", "False", "1", "off"]), ("ssl_ca_file", ["/ca.pem", ""]), ("ssl_cert_file", ["c.pem"]), ("ssl_key_file", ["k.pem", ""]), ("kombu_ssl_ca_certs", ["old.pem"]),
        ("ssl_version", ["TLSv1_2", "SSLv23", ""]), ("rabbit_login_method", ["PLAIN", "AMQPLAIN"]), ("kombu_failover_strategy", ["shuffle", "round-robin"]), ("rabbit_retry_interval", ["1", "7"]),
        ("rabbit_retry_backoff", ["0", "5"]), ("rabbit_interval_max", ["30", "90"]), ("heartbeat_timeout_threshold", ["0", "10", "60"]), ("rabbit_ha_queues", ["false"]), ("rabbit_quorum_queue", ["true", "no"]),
        ("rabbit_quorum_delivery_limit", ["0", "3"]), ("rabbit_transient_queues_ttl", ["60", "1800"]), ("rabbit_qos_prefetch_count", ["0", "50"]), ("kombu_reconnect_delay", ["0.5", "2"]),
        ("amqp_durable_queues", ["yes", "no"]), ("amqp_auto_delete", ["on", "off"]), ("enable_cancel_on_failover", ["1", "0"]), ("rpc_conn_pool_size", ["5", "30"]), ("conn_pool_min_size", ["1", "4"]), ("conn_pool_ttl", ["600"]),
    ];

    public static void Write(CaseWriter writer, int count)
    {
        var random = new Random(20261122);
        for (int number = 0; number < count; number++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"random {number}");
            if (random.Next(3) == 0)
            {
                writer.AddFiles(name, File(random), File(random));
            }
            else
            {
                writer.Add(name, File(random));
            }
        }
    }

    private static string File(Random random)
    {
        var text = new StringBuilder();
        if (random.Next(4) > 0)
        {
            string divider = random.Next(2) == 0 ? " = " : "=";
            text.Append("[DEFAULT]\n").Append("transport_url").Append(divider).Append(Url(random).Replace("$", "$$", StringComparison.Ordinal)).Append('\n');
        }

        text.Append(random.Next(2) == 0 ? "\n# a comment\n" : "").Append(random.Next(5) == 0 ? "[Oslo_Messaging_Rabbit]\n" : "[oslo_messaging_rabbit]\n");
        foreach ((string key, string[] values) in Keys.Where(_ => random.Next(3) == 0))
        {
            text.Append(random.Next(6) == 0 ? "#" : "").Append(key).Append(random.Next(2) == 0 ? " = " : ": ").Append(values[random.Next(values.Length)]).Append('\n');
        }

        return text.ToString();
    }

    private static string Url(Random random)
    {
        int hosts = random.Next(1, 4);
        bool hasCredentials = random.Next(4) > 0;
        IEnumerable<string> parts = Enumerable.Range(0, hosts).Select(number => (hasCredentials ? $"{Encode(random, Word(random))}:{Encode(random, Word(random))}@" : "") + Host(random, number) + (random.Next(2) == 0 ? "" : ":" + random.Next(1, 65536).ToString(CultureInfo.InvariantCulture)));
        string path = random.Next(5) switch
        {
            0 => "",
            1 => "/",
            2 => "//",
            _ => "/" + Uri.EscapeDataString(Word(random)),
        };
        string query = random.Next(4) == 0 ? "?rabbit_interval_max=" + random.Next(1, 99).ToString(CultureInfo.InvariantCulture) + (random.Next(2) == 0 ? "&ssl=on" : "") : "";
        return $"rabbit://{string.Join(',', parts)}{path}{query}";
    }

    private static string Host(Random random, int number) => random.Next(3) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"10.0.{number}.{random.Next(1, 255)}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"node-{number}{random.Next(9)}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ctl{number}.example.org"),
    };

    // Runes: half of a surrogate pair is no text.
    private static string Word(Random random)
    {
        Rune[] runes = [.. Letters.EnumerateRunes()];
        return string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => runes[random.Next(runes.Length)].ToString()));
    }

    // Now and then small letters in the escapes, and what needs none escaped all the same.
    private static string Encode(Random random, string text)
        => random.Next(3) == 0
            ? string.Concat(Encoding.UTF8.GetBytes(text).Select(static value => "%" + value.ToString("x2", CultureInfo.InvariantCulture)))
            : Uri.EscapeDataString(text);
}
