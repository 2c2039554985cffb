//! Owns which IP addresses are public: those that no registry of special purposes keeps from the internet.
//!
//! Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates). Where these list
//! an address as reachable but for something else than a web server (AS112, relays, multicast), it is refused too. For IPv6
//! the rule is the other way round: only what is allocated for global unicast (2000::/3, RFC 4291 §2.4) can be public.
//! An address that hides an IPv4 address is refused, but for the well-known NAT64 prefix, where the hidden one decides:
//! in a network with IPv6 alone, DNS64 gives such addresses for public servers. A network's own NAT64 prefix cannot be
//! known here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public.
const V4: [(Ipv4Addr, u32); 20] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),     // this network; reaches this machine on many systems
    (Ipv4Addr::new(10, 0, 0, 0), 8),    // private
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared by carriers; metadata of one cloud at 100.100.100.200
    (Ipv4Addr::new(127, 0, 0, 0), 8),   // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // public by its number, but the host agent of Azure, reachable from inside alone
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; metadata of most clouds at 169.254.169.254
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments; metadata of one cloud at 192.0.0.192
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // automatic multicast tunneling
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays, deprecated
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(192, 175, 48, 0), 24),  // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved
    (Ipv4Addr::new(255, 255, 255, 255), 32), // broadcast
];

/// Blocks of IPv6 inside 2000::/3 that are not public.
const V6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID, benchmarks, ...
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4, deprecated: hides an IPv4 address
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// RFC 6052 §2.1.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether the address belongs to the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) if is_in_v6(address, NAT64) => is_public_v4(hidden(address)),
        IpAddr::V6(address) => {
            is_in_v6(address, GLOBAL_UNICAST) && !V6.into_iter().any(|block| is_in_v6(address, block))
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4.into_iter().any(|(first, prefix)| (address.to_bits() ^ first.to_bits()) >> (32 - prefix) == 0)
}

fn is_in_v6(address: Ipv6Addr, (first, prefix): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ first.to_bits()) >> (128 - prefix) == 0
}

/// The IPv4 address in the last 32 bits.
fn hidden(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests;
