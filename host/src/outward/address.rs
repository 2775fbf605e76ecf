//! Classification of IP addresses: public ones, those inside of a network or machine, and those of cloud metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Network that an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The public internet.
    Public,
    /// This machine, its network, or a range without public services. The word says which.
    Inside(&'static str),
    /// A cloud's metadata service, which hands out the credentials of this machine.
    Metadata,
}

/// Metadata services that are at the same address on every machine of their cloud.
const METADATA_V4: [Ipv4Addr; 9] = [
    // AWS, Azure, Google Cloud, Huawei Cloud, Oracle Cloud, DigitalOcean, Hetzner, OpenStack.
    Ipv4Addr::new(169, 254, 169, 254),
    // AWS: credentials of ECS tasks, and of EKS pods.
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    // Azure's host ("wire server").
    Ipv4Addr::new(168, 63, 129, 16),
    // Alibaba Cloud.
    Ipv4Addr::new(100, 100, 100, 200),
    // Tencent Cloud.
    Ipv4Addr::new(169, 254, 0, 23),
    // Volcano Engine.
    Ipv4Addr::new(100, 96, 0, 96),
    // Oracle Cloud's older one.
    Ipv4Addr::new(192, 0, 0, 192),
    // Scaleway.
    Ipv4Addr::new(169, 254, 42, 42),
];

const METADATA_V6: [Ipv6Addr; 4] = [
    // AWS: metadata, and credentials of EKS pods.
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    // Google Cloud.
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    // Scaleway.
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

/// Names of metadata services. Behind a proxy it is the proxy that resolves a name, so the address is not seen here.
const METADATA_NAMES: [&str; 8] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.tencentyun.com",
    "rancher-metadata",
];

impl Zone {
    /// Returns the zone of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// Whether this is the name of a metadata service.
pub fn is_metadata_name(host: &str) -> bool {
    METADATA_NAMES.contains(&host)
}

/// By the registry of special purpose addresses (RFC 6890 and its successors).
fn of_v4(address: Ipv4Addr) -> Zone {
    if METADATA_V4.contains(&address) {
        return Zone::Metadata;
    }
    match address.octets() {
        [0, ..] => Zone::Inside("unspecified"),
        [127, ..] => Zone::Inside("loopback"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Zone::Inside("private"),
        [100, 64..=127, ..] => Zone::Inside("shared by a provider's customers (CGNAT)"),
        [169, 254, ..] => Zone::Inside("link-local"),
        [224..=239, ..] => Zone::Inside("multicast"),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Zone::Inside("reserved")
        }
        [240..=255, ..] => Zone::Inside("reserved"),
        _ => Zone::Public,
    }
}

/// Only `2000::/3` is in public use. What contains an IPv4 address is no more public than that.
fn of_v6(address: Ipv6Addr) -> Zone {
    if METADATA_V6.contains(&address) {
        return Zone::Metadata;
    }
    if let Some((spelling, inner)) = inner_v4(address) {
        return match of_v4(inner) {
            // A network without IPv4 reaches public services this way (DNS64).
            Zone::Public if spelling == NAT64 => Zone::Public,
            Zone::Public => Zone::Inside(spelling),
            inside => inside,
        };
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Zone::Inside("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Zone::Inside("loopback"),
        [0xfc00..=0xfdff, ..] => Zone::Inside("unique-local"),
        [0xfe80..=0xfebf, ..] => Zone::Inside("link-local"),
        [0xff00..=0xffff, ..] => Zone::Inside("multicast"),
        // Teredo, benchmarking, ORCHID and others; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Zone::Inside("reserved"),
        [0x2000..=0x3fff, ..] => Zone::Public,
        _ => Zone::Inside("reserved"),
    }
}

const NAT64: &str = "NAT64";

/// The IPv4 address that an IPv6 address is another spelling of, or leads to through a translator.
fn inner_v4(address: Ipv6Addr) -> Option<(&'static str, Ipv4Addr)> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let (spelling, high, low) = match address.segments() {
        // The unspecified address and loopback.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0xffff, high, low] => ("IPv4-mapped", high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => ("IPv4-translated", high, low),
        [0, 0, 0, 0, 0, 0, high, low] => ("IPv4-compatible", high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (NAT64, high, low),
        // Of an operator's own choice; the usual length of its prefix.
        [0x64, 0xff9b, 1, _, _, _, high, low] => ("NAT64 of this network", high, low),
        [0x2002, high, low, ..] => ("6to4", high, low),
        // ISATAP, with any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => ("ISATAP", high, low),
        _ => return None,
    };
    Some((spelling, v4(high, low)))
}

#[cfg(test)]
mod tests {
    use super::Zone;

    fn zone(address: &str) -> Zone {
        Zone::of(address.parse().unwrap())
    }

    #[test]
    fn what_is_public_is_told_from_what_is_inside() {
        for address in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2400:3200::1",
            "2001:4860:4860::8888",
            "64:ff9b::808:808",
        ] {
            assert_eq!(zone(address), Zone::Public, "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "100::1",
        ] {
            assert!(matches!(zone(address), Zone::Inside(_)), "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_inside_of_another_one_is_recognised() {
        for address in [
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "fe80::5efe:10.0.0.1",
            "2400:3200::5efe:127.0.0.1",
            // Nobody writes a public address like this.
            "::ffff:8.8.8.8",
            "2002:808:808::1",
            "::8.8.8.8",
        ] {
            assert!(matches!(zone(address), Zone::Inside(_)), "{address}");
        }
    }

    #[test]
    fn metadata_is_recognised_in_every_spelling() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "::169.254.169.254",
        ] {
            assert_eq!(zone(address), Zone::Metadata, "{address}");
        }
    }
}
