//! Owns ports that a test must know before anything listens there: redirect URIs stand in configurations, and a server that is
//! started again must be where it was.
//!
//! Every program of tests has a block of its own: it listens on the first port of it, so that another one takes another.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU16, Ordering},
    },
};

/// Below what kernels give to those who ask for any port.
const FIRST: u16 = 18_000;

/// How many blocks there are, and how many ports in each.
const BLOCKS: u16 = 56;
const PORTS: u16 = 250;

/// A port at which nothing listens, in either family, and that no other test is given.
pub fn free() -> u16 {
    static BLOCK: OnceLock<(u16, TcpListener)> = OnceLock::new();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, _) = BLOCK.get_or_init(block);
    let mut tried = (0..PORTS).map(|_| first + 1 + NEXT.fetch_add(1, Ordering::Relaxed) % (PORTS - 1));
    tried.find(|port| is_free(*port)).expect("a free port")
}

fn block() -> (u16, TcpListener) {
    let own = u16::try_from(process::id() % u32::from(BLOCKS)).unwrap();
    let mut blocks = (0..BLOCKS).map(|number| FIRST + (own + number) % BLOCKS * PORTS);
    let listen = |first| Some((first, TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?));
    blocks.find_map(listen).expect("a block of ports that no other program of tests has")
}

/// Asked by knocking. A listener of our own, however short-lived, would be open in every child that is being started then, and so
/// keep the port from whom it is meant for.
fn is_free(port: u16) -> bool {
    let both = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    both.into_iter().all(|address| TcpStream::connect((address, port)).is_err())
}
