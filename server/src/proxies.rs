//! Reverse proxies in front of this server: whose word is believed on where a request came from (`X-Forwarded-For`).
//!
//! Without one the address is the other end of the connection. What anybody else says in that header is not looked at: who is limited or
//! locked out by address could say whatever they like.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

/// Where proxies write down where requests came from, each at the end.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most proxies in a row.
pub const HOPS_MAX: usize = 10;

/// Addresses of proxies; the default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[Network]>);

/// All addresses whose first bits are those of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl TrustedProxies {
    /// Where a request came from that arrived from `peer`: the last address in the header that is none of our proxies.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let hops = values.iter().rev().flat_map(|value| value.rsplit(',')).take(HOPS_MAX);
        for hop in hops {
            if !self.0.iter().any(|network| network.holds(client)) {
                break;
            }
            // What a proxy of ours did not write as an address says nothing; it was the last that is known.
            let Some(address) = address(hop.trim()) else { break };
            client = address;
        }
        client
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Reads addresses and networks (`10.0.0.0/8`) with commas between them; gives the part that is none.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks: Result<Vec<Network>, String> = parts.map(|part| Network::parse(part).ok_or_else(|| part.to_owned())).collect();
        networks.map(|networks| Self(networks.into()))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = u32::from(own) ^ u32::from(other);
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = u128::from(own) ^ u128::from(other);
                differ.leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(proxies: &str, peer: &str, headers: &[&str]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        let headers = headers.iter().map(|value| (FORWARDED_FOR, HeaderValue::from_str(value).unwrap()));
        proxies.client(peer.parse().unwrap(), &headers.collect()).to_string()
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        for (proxies, peer, headers, expect) in [
            ("", "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.0/8", "10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8", "10.1.2.3", &[], "10.1.2.3"),
            // What the client wrote stands before what the proxy added.
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9", "198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            ("10.0.0.0/8,127.0.0.1", "127.0.0.1", &["198.51.100.7,10.9.9.9"], "198.51.100.7"),
            ("127.0.0.1", "::ffff:127.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("fd00::/8", "fd00::1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("127.0.0.1", "127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1", &["198.51.100.7, unknown"], "127.0.0.1"),
        ] {
            assert_eq!(client(proxies, peer, headers), expect, "{proxies} {peer} {headers:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for (text, expect) in [
            ("10.0.0.0/8, ::1", Ok(())),
            ("", Ok(())),
            ("0.0.0.0/0", Ok(())),
            ("proxy.internal", Err("proxy.internal")),
            ("127.0.0.1, 10.0.0.0/33", Err("10.0.0.0/33")),
            ("10.0.0.0/x", Err("10.0.0.0/x")),
        ] {
            let read: Result<TrustedProxies, String> = text.parse();
            assert_eq!(read.map(drop), expect.map_err(str::to_owned), "{text}");
        }
    }
}
