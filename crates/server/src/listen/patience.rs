//! Owns how long a caller is waited for who does not read: writing fails when none of it has been taken for so long.
//!
//! Costs nothing while the kernel takes what is written: there is a timer only while a write waits.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A stream to somebody who must read.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    stall_for: Duration,
    /// When a write that waits is given up.
    over: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) const fn new(stream: S, stall_for: Duration) -> Self {
        Self { stream, stall_for, over: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// Vectored writes are left at their usual form: hyper is told not to make any.
impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.over = None;
            return written;
        }
        let stall_for = self.stall_for;
        let over = self.over.get_or_insert_with(|| Box::pin(sleep(stall_for)));
        over.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LITTLE: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn who_reads_nothing_is_given_up() {
        let (near, far) = duplex(16);
        let error = Patient::new(near, LITTLE).write_all(&[7; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(far);
    }

    #[tokio::test]
    async fn who_reads_slowly_is_waited_for() {
        let (near, mut far) = duplex(16);
        let mut near = Patient::new(near, LITTLE);
        let write = async { near.write_all(&[7; 128]).await };
        let read = async {
            // Longer than the patience in all.
            for _ in 0..8 {
                tokio::time::sleep(LITTLE / 4).await;
                far.read_exact(&mut [0; 16]).await.unwrap();
            }
        };
        tokio::join!(write, read).0.unwrap();
        near.write_all(&[7; 16]).await.unwrap();
        assert!(near.over.is_none(), "there is a timer only while a write waits");
    }
}
