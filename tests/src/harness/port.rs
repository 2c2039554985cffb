//! Owns ports that a test must know before anything listens there: redirect URIs stand in configurations, and a server that is
//! started again must be where it was.

use std::{
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below what the kernel gives to those who ask for any port.
const FIRST: u16 = 18_000;
const SPAN: u16 = 12_000;

/// A port at which nothing listens, in either family, and that no other test of this program is given.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another program of tests begins elsewhere.
    let first = u16::try_from(process::id() % u32::from(SPAN / 200)).unwrap() * 200;
    loop {
        let port = FIRST + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % SPAN;
        let is_free = |taken: std::io::Result<TcpListener>| match taken {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::AddrNotAvailable,
        };
        if is_free(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))
            && is_free(TcpListener::bind((Ipv6Addr::LOCALHOST, port)))
        {
            return port;
        }
    }
}
