//! Sender of a request behind reverse proxies: `X-Forwarded-For`, believed from trusted addresses only.

use std::{fmt, net::IpAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::listen::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";

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
pub(super) enum Sender {
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
        self.networks.push(network.map_err(|_no_address| NotANetwork)?);
        Ok(())
    }

    /// Who sent the request. Each proxy appends the address that it saw, so the list is read from its end: the first
    /// address there that is not a trusted proxy is the sender. What stands before it anybody may have written.
    pub(super) fn sender(&self, peer: Option<Peer>, headers: &HeaderMap) -> Sender {
        let is_trusted = match peer {
            Some(Peer::Tcp(address)) => self.trusts(address.ip()),
            Some(Peer::Unix) => self.is_unix_trusted,
            None => false,
        };
        let mut sender = Sender::Peer(peer);
        if !is_trusted {
            return sender;
        }
        let lines = headers.get_all(FORWARDED_FOR).iter();
        let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        for hop in hops.take(HOPS_MAX) {
            let Some(address) = address(hop.trim()) else { break };
            sender = Sender::Address(address);
            if !self.trusts(address) {
                break;
            }
        }
        sender
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Address in a list, where some proxies write brackets and a port.
fn address(hop: &str) -> Option<IpAddr> {
    if let Ok(address) = hop.parse() {
        return Some(address);
    }
    let with_port = hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    with_port.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{FORWARDED_FOR, TrustedProxies};
    use crate::listen::Peer;

    fn sender(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let mut proxies = TrustedProxies::default();
        for word in trusted.split(',').filter(|word| !word.is_empty()) {
            proxies.add(word).unwrap();
        }
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                HeaderName::from_static(FORWARDED_FOR),
                HeaderValue::from_str(line).unwrap(),
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
}
