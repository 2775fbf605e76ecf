//! Sender of a request behind reverse proxies: `X-Forwarded-For`, believed from trusted addresses only.

use std::{fmt, net::IpAddr};

use axum::http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

use super::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Addresses looked at in one request; more proxies in a row there are not.
const HOPS_MAX: usize = 16;

/// Reverse proxies whose word about the sender counts.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    /// Whoever connects over a Unix socket.
    is_unix_trusted: bool,
}

/// The word is no address, no network and not `unix`.
#[derive(Debug, thiserror::Error)]
#[error("not an address or a network")]
pub struct NotANetwork;

/// Sender of a request, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// As a trusted proxy says.
    Address(IpAddr),
    /// The other end of the connection.
    Peer(Option<Peer>),
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Peer(Some(Peer::Tcp(address))) => address.ip().fmt(f),
            Self::Peer(Some(Peer::Unix)) => f.write_str("unix"),
            Self::Peer(None) => f.write_str("unknown"),
        }
    }
}

impl TrustedProxies {
    /// Adds an address, a network or the word `unix`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn add(&mut self, word: &str) -> Result<(), NotANetwork> {
        if word == "unix" {
            self.is_unix_trusted = true;
            return Ok(());
        }
        let network = word
            .parse()
            .or_else(|_no_network| word.parse::<IpAddr>().map(IpNet::from));
        let network: IpNet = network.map_err(|_no_address| NotANetwork)?;
        self.networks.push(canonical(network));
        Ok(())
    }

    /// Who sent the request. Each proxy appends the address that it saw, so the list is read from its end: the first
    /// address there that is not a trusted proxy is the sender. What stands before it anybody may have written.
    pub fn sender(&self, peer: Option<Peer>, headers: &HeaderMap) -> Sender {
        let mut sender = Sender::Peer(peer);
        if !self.trusts_peer(peer) {
            return sender;
        }
        // By bytes: a sender that writes something else than text must not hide what a proxy has appended to it.
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS_MAX) {
            let Some(address) = std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim())) else {
                break;
            };
            sender = Sender::Address(address);
            if !self.trusts(address) {
                break;
            }
        }
        sender
    }

    /// Whether the sender speaks HTTPS, as the trusted proxy that it connected to says.
    pub fn is_https(&self, peer: Option<Peer>, headers: &HeaderMap) -> bool {
        let scheme = headers.get(FORWARDED_PROTO).map(|scheme| scheme.as_bytes());
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https")) && self.trusts_peer(peer)
    }

    fn trusts_peer(&self, peer: Option<Peer>) -> bool {
        match peer {
            Some(Peer::Tcp(address)) => self.trusts(address.ip()),
            Some(Peer::Unix) => self.is_unix_trusted,
            None => false,
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// A network of IPv4 addresses that is written as one of IPv6 (`::ffff:10.0.0.0/104`), as such.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    let (address, bits) = (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(96));
    let of_ipv4 = address
        .zip(bits)
        .and_then(|(address, bits)| Ipv4Net::new(address, bits).ok());
    of_ipv4.map_or(network, IpNet::V4)
}

/// Address in a list, where some proxies write brackets and a port. One address is always told in the same spelling.
fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse::<IpAddr>().ok();
    let with_port = || Some(hop.parse::<std::net::SocketAddr>().ok()?.ip());
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    Some(plain.or_else(with_port).or_else(in_brackets)?.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{FORWARDED_FOR, TrustedProxies};
    use crate::listen::Peer;

    fn sender(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        sender_of_bytes(trusted, peer, &lines)
    }

    fn sender_of_bytes(trusted: &str, peer: &str, lines: &[&[u8]]) -> String {
        let mut proxies = TrustedProxies::default();
        for word in trusted.split(',').filter(|word| !word.is_empty()) {
            proxies.add(word).unwrap();
        }
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                HeaderName::from_static(FORWARDED_FOR),
                HeaderValue::from_bytes(line).unwrap(),
            );
        }
        let peer = match peer {
            "unix" => Peer::Unix,
            address => Peer::Tcp(address.parse::<SocketAddr>().unwrap()),
        };
        proxies.sender(Some(peer), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_may_say_who_the_sender_is() {
        let said = ["203.0.113.7"];
        assert_eq!(sender("", "10.0.0.1:5", &said), "10.0.0.1");
        assert_eq!(sender("10.0.0.0/8", "10.0.0.1:5", &said), "203.0.113.7");
        assert_eq!(sender("10.0.0.0/8", "[::ffff:10.0.0.1]:5", &said), "203.0.113.7");
        assert_eq!(sender("10.0.0.2", "10.0.0.1:5", &said), "10.0.0.1");
        assert_eq!(sender("10.0.0.0/8", "unix", &said), "unix");
        assert_eq!(sender("unix", "unix", &said), "203.0.113.7");
    }

    #[test]
    fn what_the_sender_wrote_itself_is_not_believed() {
        let trusted = "10.0.0.0/8,2001:db8::/32";
        let peer = "10.0.0.1:5";
        assert_eq!(
            sender(trusted, peer, &["1.1.1.1, 203.0.113.7, 10.0.0.9"]),
            "203.0.113.7"
        );
        assert_eq!(
            sender(trusted, peer, &["1.1.1.1", "203.0.113.7, 2001:db8::1"]),
            "203.0.113.7"
        );
        assert_eq!(sender(trusted, peer, &["1.1.1.1, nonsense, 10.0.0.9"]), "10.0.0.9");
        assert_eq!(sender(trusted, peer, &["10.0.0.8, 10.0.0.9"]), "10.0.0.8");
        assert_eq!(sender(trusted, peer, &[]), "10.0.0.1");
        assert_eq!(sender(trusted, peer, &["[2001:db9::1]:443"]), "2001:db9::1");
        assert_eq!(sender(trusted, peer, &["198.51.100.1:9"]), "198.51.100.1");
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing_that_a_proxy_appended() {
        let peer = "10.0.0.1:5";
        let appended: [&[u8]; 2] = [b"1.1.1.1", b"\xff\xfe, 203.0.113.7"];
        assert_eq!(sender_of_bytes("10.0.0.0/8", peer, &appended), "203.0.113.7");
        let last: [&[u8]; 2] = [b"1.1.1.1", b"\xff"];
        assert_eq!(sender_of_bytes("10.0.0.0/8", peer, &last), "10.0.0.1");
    }

    #[test]
    fn an_ipv4_address_may_be_written_as_one_of_ipv6() {
        let said = ["::ffff:203.0.113.7, ::ffff:10.0.0.9"];
        for trusted in ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.9,10.0.0.1"] {
            assert_eq!(sender(trusted, "10.0.0.1:5", &said), "203.0.113.7", "{trusted}");
        }
        assert_eq!(
            sender("::ffff:0:0/95", "10.0.0.1:5", &said),
            "10.0.0.1",
            "no IPv4 network"
        );
    }
}
