using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>Renders keepalived.conf.</summary>
/// <param name="Options">What the test wants.</param>
/// <param name="Own">The machine's own address.</param>
/// <param name="Peer">The other machine's.</param>
/// <param name="VirtualIp">The address that moves.</param>
/// <param name="Priority">The higher one is the master when both are well.</param>
/// <param name="CheckScript">Ends with 0 while HAProxy is there.</param>
internal sealed record KeepalivedConfiguration(VirtualIpOptions Options, string Own, string Peer, string VirtualIp, int Priority, string CheckScript)
{
    /// <summary>Asks the kernel who listens: a connection made for the question would reach a broker.</summary>
    public string Check => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        #!/bin/sh
        test -n "$(ss -Hltn "sport = :{Options.Port}")"

        """);

    // Version 3 of the protocol knows advertisements more often than once a second. Both start as backup: the higher priority settles it.
    public string Main => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        global_defs {
          router_id {{Own}}
          script_user root
          vrrp_version 3
        }
        vrrp_script haproxy {
          script "{{CheckScript}}"
          interval 1
          timeout 2
          fall 1
          rise 1
        }
        vrrp_instance vip {
          state BACKUP
          interface eth0
          virtual_router_id 51
          priority {{Priority}}
          advert_int {{Options.AdvertInterval.TotalSeconds:0.00}}
          unicast_src_ip {{Own}}
          unicast_peer {
            {{Peer}}
          }
          virtual_ipaddress {
            {{VirtualIp}}/24 dev eth0
          }
          garp_master_repeat 3
          garp_master_delay 1
          track_script {
            haproxy
          }
        }

        """);
}
