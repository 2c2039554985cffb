//! Owns connections: accepts them, reads requests within limits, and carries out what is planned about each.
//!
//! The only place that waits, reads the clock or touches a socket. Everything ends with the task: dropping it closes every
//! connection, hanging ones too.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use http::header::CONNECTION;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::ask::Ask;
use crate::provider::Provider;
use crate::reply::{Ending, Plan, Reply, problem};
use crate::{clock, gate};

const HEADERS_WITHIN: Duration = Duration::from_secs(10);
const BODY_WITHIN: Duration = Duration::from_secs(15);
const LARGEST_BODY: usize = 64 * 1024;
const MOST_CONNECTIONS: usize = 512;

/// Serves until it is dropped.
pub(crate) async fn run(listener: TcpListener, provider: Arc<dyn Provider>) -> Infallible {
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        while connections.try_join_next().is_some() {}
        // Never closed, so there is always a place in the end.
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, peer)) => {
                let provider = Arc::clone(&provider);
                connections.spawn(async move {
                    connection(stream, peer.ip(), provider).await;
                    drop(place);
                });
            }
            // Out of descriptors, most likely: others must end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, peer: IpAddr, provider: Arc<dyn Provider>) {
    let reset = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Line { stream, reset: Arc::clone(&reset) });
    let service = service_fn(move |request| {
        let (provider, reset) = (Arc::clone(&provider), Arc::clone(&reset));
        async move { respond(request, peer, &*provider, &reset).await }
    });
    let outcome = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(64)
        .max_buf_size(16 * 1024)
        .serve_connection(io, service)
        .await;
    if outcome.is_err() {
        tracing::debug!("a connection to the sandbox ended early");
    }
}

/// An error here makes hyper close the connection without an answer.
async fn respond(
    request: Request<Incoming>,
    peer: IpAddr,
    provider: &dyn Provider,
    reset: &AtomicBool,
) -> io::Result<Reply> {
    let ask = match read(request, peer).await {
        Ok(ask) => ask,
        Err(mut refusal) => {
            // What is left of the request is not read, so nothing can follow it.
            refusal.headers_mut().insert(CONNECTION, http::HeaderValue::from_static("close"));
            return Ok(*refusal);
        }
    };
    let Plan { delay, ending } = provider.plan(&ask, clock::now());
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match ending {
        Ending::Answer(reply) => Ok(*reply),
        Ending::Close => Err(io::ErrorKind::ConnectionAborted.into()),
        Ending::Hang => std::future::pending().await,
        Ending::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
}

async fn read(request: Request<Incoming>, peer: IpAddr) -> Result<Ask, Box<Reply>> {
    let refuse = |status, what| Box::new(problem(status, what));
    let (parts, body) = request.into_parts();
    gate::admit(&parts)?;
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Err(refuse(413, "the body is over 64 KiB"));
    }
    let body = match tokio::time::timeout(BODY_WITHIN, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(refuse(413, "the body is over 64 KiB")),
        Ok(Err(_)) => return Err(refuse(400, "the body could not be read")),
        Err(_) => return Err(refuse(408, "the body did not come in time")),
    };
    Ask::new(parts, body, peer).ok_or_else(|| refuse(400, "X-Sandbox-Address holds no IP address"))
}

/// Binds the address; only loopback ones.
pub(crate) async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    if !listen.ip().to_canonical().is_loopback() {
        let what = "the sandbox listens on a loopback address only (127.0.0.1 or [::1])";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    TcpListener::bind(listen).await
}

/// A connection that can be told to end by a reset (RST) instead of an orderly close.
struct Line {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // If it fails, the connection closes in the ordinary way.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
