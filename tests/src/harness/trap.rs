//! Owns a trap: a port on loopback at which nobody should knock.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A listener on both loopback addresses.
#[derive(Debug)]
pub struct Trap {
    /// Its port.
    pub port: u16,
    addresses: Vec<SocketAddr>,
    seen: Arc<AtomicUsize>,
}

impl Trap {
    /// Sets one up.
    pub fn new() -> Self {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).ok();
        let seen = Arc::<AtomicUsize>::default();
        let mut addresses = Vec::new();
        for listener in [Some(first), second].into_iter().flatten() {
            addresses.push(listener.local_addr().unwrap());
            let seen = Arc::clone(&seen);
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    seen.fetch_add(1, Ordering::SeqCst);
                    // Whoever has gone already is counted all the same.
                    let _ = stream.write_all(b"!");
                }
            });
        }
        Self { port, addresses, seen }
    }

    /// How many have connected. Asks by connecting: whoever came earlier has been counted when that is answered.
    pub fn hits(&self) -> usize {
        for address in &self.addresses {
            TcpStream::connect(address).unwrap().read_exact(&mut [0]).unwrap();
            self.seen.fetch_sub(1, Ordering::SeqCst);
        }
        self.seen.load(Ordering::SeqCst)
    }
}

impl Default for Trap {
    fn default() -> Self {
        Self::new()
    }
}
