//! Addresses of listeners: host and port, or the path of a Unix socket.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// Prefix of a host that is the path of a Unix socket.
const UNIX: &str = "unix:";

/// Address that a listener is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Address and port.
    Tcp(SocketAddr),
    /// Path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Address and port; absent for a Unix socket.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

/// As it is written in `CALLBACK_SERVER_HOST`, with the port if there is one.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

/// Path of a Unix socket, if the host is one: `unix:/run/lark-callback/callback.sock`.
pub fn unix_path(host: &str) -> Option<&Path> {
    host.strip_prefix(UNIX).map(Path::new)
}

/// Host without brackets, as the operating system expects it.
pub fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

/// Host and port as in a URL, where an IPv6 address has brackets.
pub fn authority(host: &str, port: u16) -> String {
    let host = bare(host);
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Whether a name or an address means this machine; a Unix socket always does.
pub fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    unix_path(host).is_some()
        || host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{authority, is_loopback};

    #[test]
    fn an_ipv6_address_may_have_brackets() {
        assert_eq!(authority("::1", 80), "[::1]:80");
        assert_eq!(authority("[::1]", 80), "[::1]:80");
        assert_eq!(authority("db.example", 80), "db.example:80");
    }

    #[test]
    fn this_machine_has_several_names() {
        for host in [
            "localhost",
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["0.0.0.0", "::", "[::]", "10.0.0.1", "localhost.example", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
