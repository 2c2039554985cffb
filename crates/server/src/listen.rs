//! Owns the listeners: accepting, the limits of a connection, and ending them gracefully.
//!
//! A request's head must be there within 5 s, which also ends idle connections; headers are bounded in size and number. Who does not
//! read the answer is hung up on. When connections or file descriptors run out, accepting pauses: what is being served goes on.

mod patience;

use std::{convert::Infallible, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use self::patience::Patient;
use crate::{Peer, Service};

const HEAD_FOR: Duration = Duration::from_secs(5);
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// After a fault of `accept`, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// How long those who are being answered may take when the server ends.
const FINISH_FOR: Duration = Duration::from_secs(10);

/// How long a caller may take nothing of an answer that waits for him. Answers are small: who reads at all is far from that.
const STALL_FOR: Duration = Duration::from_secs(15);

/// Faults of `accept` with less than that between them are one shortage, and told once.
const SHORTAGE: Duration = Duration::from_secs(60);

/// Limits of connections. Listeners with clones of one share what it allows.
#[derive(Clone, Debug)]
pub struct Limits {
    connections: Arc<Semaphore>,
    pub(crate) stall_for: Duration,
}

impl Limits {
    /// So many connections at once; further ones wait in the kernel's queue. A listener that waits for one holds its place already.
    pub fn at_most(connections: usize) -> Self {
        let connections = connections.min(Semaphore::MAX_PERMITS);
        Self { connections: Arc::new(Semaphore::new(connections)), stall_for: STALL_FOR }
    }
}

/// Serves TCP until `stop`, then lets those in progress finish.
pub async fn serve_tcp(listener: TcpListener, service: Arc<Service>, limits: Limits, stop: impl Future<Output = ()>) {
    serve(Tcp { listener, peer: Peer::Network }, service, limits, stop).await;
}

/// Serves browsers in the middle of a login that this process does by itself, and nobody else, until `stop`.
pub async fn serve_capture(
    listener: TcpListener,
    service: Arc<Service>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    serve(Tcp { listener, peer: Peer::Browser }, service, limits, stop).await;
}

/// Serves a Unix socket, whose callers may read the data directory anyway, until `stop`. Callers that are neither `user` nor
/// root are hung up on.
pub async fn serve_unix(
    listener: UnixListener,
    service: Arc<Service>,
    limits: Limits,
    user: u32,
    stop: impl Future<Output = ()>,
) {
    serve(Unix { listener, user }, service, limits, stop).await;
}

/// Where connections come from.
trait Accept {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

struct Tcp {
    listener: TcpListener,
    peer: fn(IpAddr) -> Peer,
}

impl Accept for Tcp {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = self.listener.accept().await?;
        // Answers are small: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        Ok((stream, (self.peer)(address.ip())))
    }
}

struct Unix {
    listener: UnixListener,
    user: u32,
}

impl Accept for Unix {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let caller = stream.peer_cred().map(|credentials| credentials.uid());
            if caller.is_ok_and(|caller| caller == self.user || caller == 0) {
                return Ok((stream, Peer::Local));
            }
            tracing::warn!("a caller of another user was turned away from the local socket");
        }
    }
}

async fn serve(listener: impl Accept, service: Arc<Service>, limits: Limits, stop: impl Future<Output = ()>) {
    let Limits { connections, stall_for } = limits;
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    let mut failed_at = None;
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        match (permit, accepted) {
            (Ok(permit), Ok((stream, peer))) => {
                let stream = Patient::new(stream, stall_for);
                tokio::spawn(connection(stream, peer, Arc::clone(&service), graceful.watcher(), permit));
            }
            (_, Err(error)) => {
                let now = service.keeper.steady();
                if failed_at.replace(now).is_none_or(|before| now.duration_since(before) > SHORTAGE) {
                    tracing::warn!(kind = ?error.kind(), "no connection can be accepted; trying again");
                }
                tokio::time::sleep(PAUSE).await;
            }
            // The semaphore is never closed.
            (Err(_), Ok(_)) => break,
        }
    }
    if tokio::time::timeout(FINISH_FOR, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not finish in time");
    }
}

async fn connection<S>(stream: S, peer: Peer, service: Arc<Service>, watcher: Watcher, permit: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let respond = service_fn(|request: Request<Incoming>| {
        let service = &service;
        async move { Ok::<_, Infallible>(service.respond(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_FOR)
        .max_header_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .half_close(false)
        // Answers are small: copying one behind its head costs less than handing the kernel two pieces.
        .writev(false)
        .serve_connection(TokioIo::new(stream), respond);
    if let Err(error) = watcher.watch(connection).await {
        // Never the error's own text: it may quote what was sent.
        tracing::debug!(timeout = error.is_timeout(), parse = error.is_parse(), "a connection ended early");
    }
    drop(permit);
}
