//! Which addresses the guard tester may call: those of APIs, not those by which a machine speaks with what runs it.
//!
//! Loopback and private networks are where people's APIs are. Link-local addresses are where clouds give out credentials to whoever
//! asks from inside, so that no admin should reach them through this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata services outside the link-local networks: of Alibaba Cloud, Oracle Cloud, Azure, AWS and Google Cloud.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254),
];
/// Names by which they are known.
const METADATA_NAMES: [&str; 4] = ["metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/// Whether a host name is one of a metadata service.
pub(crate) fn is_metadata_name(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    METADATA_NAMES.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// Why an address must not be called; `None` if it may.
pub(crate) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    if METADATA_V4.contains(&address) {
        Some("the metadata service of a cloud")
    } else if address.is_link_local() {
        Some("a link-local address, where clouds have their metadata services")
    } else if address.octets()[0] == 0 {
        Some("no address of a host")
    } else if address.is_multicast() || address.octets()[0] >= 240 {
        Some("an address of many hosts or of none")
    } else {
        None
    }
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    if METADATA_V6.contains(&address) {
        Some("the metadata service of a cloud")
    } else if address.is_unicast_link_local() {
        Some("a link-local address, where clouds have their metadata services")
    } else if address.is_unspecified() {
        Some("no address of a host")
    } else if address.is_multicast() {
        Some("an address of many hosts")
    } else if address.is_loopback() {
        None
    } else {
        embedded(address).and_then(refusal_v4)
    }
}

/// The IPv4 address that a packet to this one ends at: mapped, compatible (RFC 4291 §2.5.5), NAT64 (RFC 6052, RFC 8215) or 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, ..] = address.segments();
    let bytes = address.octets();
    let at = |start: usize| Ipv4Addr::new(bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3]);
    let leading_zeros = |count: usize| bytes[..count].iter().all(|byte| *byte == 0);
    let is_mapped = leading_zeros(10) && bytes[10..12] == [0xff, 0xff];
    let is_nat64 = (first, second) == (0x64, 0xff9b) && (third == 1 || bytes[4..12].iter().all(|byte| *byte == 0));
    if is_mapped || leading_zeros(12) || is_nat64 {
        Some(at(12))
    } else if first == 0x2002 {
        Some(at(2))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_are_called_on_public_and_private_networks() {
        for address in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "fd00::1",
            "fd00:ec2::253",
            "93.184.216.34",
            "2606:2800:220:1::1",
            "::ffff:127.0.0.1",
            "64:ff9b::5db8:d822",
            "2002:5db8:d822::1",
        ] {
            assert_eq!(refusal(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn what_runs_the_machine_is_not_called_in_whatever_form() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "169.254.170.2",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "::169.254.169.254",
            "::ffff:0.0.0.0",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(refusal(address.parse().unwrap()).is_some(), "{address}");
        }
    }

    #[test]
    fn metadata_services_are_known_by_name() {
        for name in ["metadata.google.internal", "Metadata.Google.Internal.", "metadata.goog", "instance-data"] {
            assert!(is_metadata_name(name), "{name}");
        }
        assert!(!is_metadata_name("metadata.example.com"));
    }
}
