//! Owns the bodies of answers, the broken ones among them. Never holds more of a large one than a piece.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Interval, interval};

/// The body of an answer.
pub(crate) enum Payload {
    /// Comes, and then the connection ends in the middle of the answer. The number is how often hyper still gets to send
    /// what it has: an error at once would take the beginning of the answer with it.
    Cut(Option<Bytes>, u8),
    /// A beginning, so many bytes of the same kind, and an end.
    Flood { head: Option<Bytes>, fill: &'static [u8], left: u64, tail: Option<Bytes> },
    /// Comes, and then nothing more ever does.
    Stall(Option<Bytes>),
    /// Comes a byte at a time.
    Trickle(Bytes, Option<Interval>),
    /// Comes whole.
    Whole(Option<Bytes>),
}

/// White space as it is sent in a flood.
static BLANK: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// The middle of the bomb.
static ZERO: [u8; 64 * 1024] = [0; 64 * 1024];

/// A gzip header and a deflate block whose code for “258 times the byte before” is two zero bits, after one space.
static BOMB_HEAD: [u8; 25] =
    [31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 237, 192, 129, 0, 0, 0, 0, 128, 32, 149, 253, 41, 23, 169, 0];

/// The zero bytes between: with the bits around them 10,821,305,353 spaces.
const BOMB_ZEROS: u64 = 10 * 1024 * 1024;

/// The end of the block, the checksum and the length modulo 2^32.
static BOMB_TAIL: [u8; 9] = [6, 158, 204, 38, 18, 9, 4, 0, 133];

/// Between two bytes of a trickle.
const PAUSE: Duration = Duration::from_millis(100);

impl Payload {
    pub(crate) fn whole(text: impl Into<Bytes>) -> Self {
        Self::Whole(Some(text.into()))
    }

    /// That many bytes of white space.
    pub(crate) fn blank(left: u64) -> Self {
        Self::Flood { head: None, fill: &BLANK, left, tail: None }
    }

    /// 10 GiB of white space in 10 MiB of gzip.
    pub(crate) fn bomb() -> Self {
        let (head, tail) = (Bytes::from_static(&BOMB_HEAD), Bytes::from_static(&BOMB_TAIL));
        Self::Flood { head: Some(head), fill: &ZERO, left: BOMB_ZEROS, tail: Some(tail) }
    }

    /// The same a byte at a time, if it comes whole.
    pub(crate) fn trickling(self) -> Self {
        match self {
            Self::Whole(Some(bytes)) => Self::Trickle(bytes, None),
            other => other,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(…)")
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, io::Error>>>;

fn frame(bytes: Bytes) -> Polled {
    Poll::Ready(Some(Ok(Frame::data(bytes))))
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        match self.get_mut() {
            Self::Cut(bytes, pauses) => match (bytes.take(), pauses.checked_sub(1)) {
                (Some(bytes), _) => frame(bytes),
                (None, Some(left)) => {
                    *pauses = left;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                (None, None) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            },
            Self::Flood { head, fill, left, tail } => {
                if let Some(head) = head.take() {
                    return frame(head);
                }
                let now = usize::try_from(*left).map_or(fill.len(), |left| fill.len().min(left));
                *left -= now as u64;
                match now {
                    0 => tail.take().map_or(Poll::Ready(None), frame),
                    now => frame(Bytes::from_static(&fill[..now])),
                }
            }
            // Nobody is to be woken: the connection ends when the caller does, or the sandbox.
            Self::Stall(bytes) => bytes.take().map_or(Poll::Pending, frame),
            Self::Trickle(bytes, pause) => {
                if bytes.is_empty() {
                    return Poll::Ready(None);
                }
                let tick = pause.get_or_insert_with(|| interval(PAUSE));
                match pin!(tick).poll_tick(cx) {
                    Poll::Ready(_) => frame(bytes.split_to(1)),
                    Poll::Pending => Poll::Pending,
                }
            }
            Self::Whole(bytes) => bytes.take().map_or(Poll::Ready(None), frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Cut(..) | Self::Stall(_) => false,
            Self::Flood { head, left, tail, .. } => head.is_none() && *left == 0 && tail.is_none(),
            Self::Trickle(bytes, _) => bytes.is_empty(),
            Self::Whole(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Trickle(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Cut(..) | Self::Flood { .. } | Self::Stall(_) => SizeHint::default(),
        }
    }
}
