//! Host names and addresses, with and without the brackets that an IPv6 address has in a URL.

use std::net::IpAddr;

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

/// Whether a name or an address means this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host.eq_ignore_ascii_case("localhost")
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
