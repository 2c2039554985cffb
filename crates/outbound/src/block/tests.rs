//! Every special block, at its edges: the first and the last address inside, and the neighbours outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

/// The IANA registry of IPv4 special purposes, multicast, and the addresses of cloud platforms.
const SPECIAL_V4: &str = "
    0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
    192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
    192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    240.0.0.0/4 255.255.255.255/32 224.0.0.0/4 224.0.0.0/24 233.252.0.0/24 239.0.0.0/8
    168.63.129.16/32 169.254.169.254/32 169.254.170.2/32 100.100.100.200/32 192.0.0.192/32";

/// The IANA registry of IPv6 special purposes, multicast, site-local, and what is not allocated for global unicast.
const SPECIAL_V6: &str = "
    ::1/128 ::/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
    2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
    2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fd00:ec2::254/128 fe80::/10 fec0::/10 ff00::/8 200::/7 400::/6
    800::/5 1000::/4 4000::/3 6000::/3 8000::/3 a000::/3 c000::/3 e000::/4 f000::/5 f800::/6 fe00::/9";

#[derive(Clone, Copy)]
struct Block {
    first: u128,
    last: u128,
}

fn blocks(list: &str, bits: u32) -> Vec<Block> {
    let block = |text: &str| {
        let (first, prefix) = text.split_once('/').unwrap();
        let first = match first.parse().unwrap() {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        let size = 1_u128 << (bits - prefix.parse::<u32>().unwrap());
        assert_eq!(first % size, 0, "{text} is not a block");
        Block { first, last: first + (size - 1) }
    };
    list.split_whitespace().map(block).collect()
}

/// The edges of every block: two addresses inside, and those next to it where there are any.
fn edges(blocks: &[Block], highest: u128) -> Vec<u128> {
    let edges = blocks.iter().flat_map(|block| {
        let before = block.first.checked_sub(1);
        let after = Some(block.last).filter(|last| *last < highest).map(|last| last + 1);
        [before, Some(block.first), Some(block.last), after]
    });
    edges.flatten().collect()
}

fn is_in_any(blocks: &[Block], address: u128) -> bool {
    blocks.iter().any(|block| (block.first..=block.last).contains(&address))
}

fn v4(bits: u128) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::try_from(bits).unwrap())
}

#[test]
fn ipv4_is_public_exactly_outside_every_special_block() {
    let blocks = blocks(SPECIAL_V4, 32);
    let edges = edges(&blocks, u128::from(u32::MAX));
    assert!(edges.len() > 130, "{}", edges.len());
    for edge in edges {
        let address = IpAddr::V4(v4(edge));
        assert_eq!(is_public(address), !is_in_any(&blocks, edge), "{address}");
    }
}

#[test]
fn ipv6_is_public_exactly_outside_every_special_block() {
    let blocks = blocks(SPECIAL_V6, 128);
    let edges = edges(&blocks, u128::MAX);
    assert!(edges.len() > 150, "{}", edges.len());
    for edge in edges {
        let address = Ipv6Addr::from_bits(edge);
        let is_unicast = edge >> 125 == 1;
        assert_eq!(is_public(address.into()), is_unicast && !is_in_any(&blocks, edge), "{address}");
    }
}

#[test]
fn an_ipv4_address_cannot_hide_in_an_ipv6_one() {
    let blocks = blocks(SPECIAL_V4, 32);
    for edge in edges(&blocks, u128::from(u32::MAX)) {
        let hidden = v4(edge);
        let [a, b, c, d] = hidden.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for hiding in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),           // compatible
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),      // mapped
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),      // translated
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),   // NAT64 for local use
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),      // 6to4
            Ipv6Addr::new(0x2001, 0, high, low, 0, 0, 0, 1),      // Teredo, its server
            Ipv6Addr::new(0x2001, 0, 1, 1, 0, 0, !high, !low),    // Teredo, its client
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0x5efe, high, low), // ISATAP
        ] {
            assert!(!is_public(hiding.into()), "{hiding}");
        }
        let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
        assert_eq!(is_public(nat64.into()), is_public(hidden.into()), "{nat64}");
        let beside = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 1, high, low);
        assert!(!is_public(beside.into()), "{beside}");
    }
}

#[test]
fn servers_of_the_public_internet_are_public() {
    for address in
        ["1.1.1.1", "8.8.8.8", "87.240.132.72", "95.213.56.1", "2606:4700::6810:85e5", "2a00:1450:4001:80b::200e"]
    {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}
