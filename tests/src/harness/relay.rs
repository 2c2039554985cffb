//! Owns a relay: a port that leads to another one, until it is closed. Then nobody listens there.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{port, wait::until};

/// Longer than the start of any child, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// A port that leads to another one.
#[derive(Debug)]
pub struct Relay {
    /// Its own.
    pub port: u16,
    to: SocketAddr,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    is_over: Arc<AtomicBool>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Opens one at a port that nobody has.
    pub fn new(to: SocketAddr) -> Self {
        let mut relay = Self { port: port::free(), to, open: None };
        relay.open();
        relay
    }

    /// Listens again.
    pub fn open(&mut self) {
        // A child that is being started has, for a moment, whatever was open here.
        let listener = until("the port is free", SOON, || TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).ok());
        listener.set_nonblocking(true).unwrap();
        let (to, is_over) = (self.to, Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&is_over);
        let accepting = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => lead(stream, to),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        self.open = Some(Open { is_over, accepting });
    }

    /// Nobody listens any more; what is connected stays so.
    pub fn close(&mut self) {
        if let Some(Open { is_over, accepting }) = self.open.take() {
            is_over.store(true, Ordering::Relaxed);
            accepting.join().unwrap();
            // The same child again: what it holds takes connections, and nobody answers them.
            until("nobody listens", SOON, || {
                TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err().then_some(())
            });
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.close();
    }
}

fn lead(near: TcpStream, to: SocketAddr) {
    near.set_nonblocking(false).unwrap();
    let Ok(far) = TcpStream::connect(to) else { return };
    for (mut from, mut into) in [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))]
        .into_iter()
        .filter_map(|(from, into)| Some((from.ok()?, into.ok()?)))
    {
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut into);
            let _ = into.shutdown(Shutdown::Write);
        });
    }
}
