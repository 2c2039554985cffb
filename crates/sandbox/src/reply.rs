//! Owns answers: their bodies, the broken ones among them, and the headers that every one carries.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, SizeHint};

/// A page of its own: the text and what it may do.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) policy: String,
}

/// What is sent.
pub(crate) type Reply = Response<Payload>;

/// What is done about a request.
#[derive(Debug)]
pub(crate) struct Plan {
    /// So long nothing happens.
    pub(crate) delay: Duration,
    pub(crate) ending: Ending,
}

/// What happens then.
#[derive(Debug)]
pub(crate) enum Ending {
    Answer(Box<Reply>),
    /// Nothing, for as long as the caller waits.
    Hang,
    /// The connection is reset.
    Reset,
}

impl From<Reply> for Plan {
    fn from(reply: Reply) -> Self {
        Self { delay: Duration::ZERO, ending: Ending::Answer(Box::new(reply)) }
    }
}

/// The body of an answer.
pub(crate) enum Payload {
    /// Comes, and then the connection ends in the middle of the answer. The number is how often hyper still gets to send
    /// what it has: an error at once would take the beginning of the answer with it.
    Cut(Option<Bytes>, u8),
    /// That many bytes of white space.
    Flood(usize),
    /// Comes, and then nothing more ever does.
    Stall(Option<Bytes>),
    /// Comes whole.
    Whole(Option<Bytes>),
}

/// White space as it is sent in a flood.
static BLANK: [u8; 64 * 1024] = [b' '; 64 * 1024];

impl Payload {
    pub(crate) fn whole(text: impl Into<Bytes>) -> Self {
        Self::Whole(Some(text.into()))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(…)")
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = |bytes: Bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
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
            Self::Flood(left) => {
                let now = BLANK.len().min(*left);
                *left -= now;
                if now == 0 { Poll::Ready(None) } else { frame(Bytes::from_static(&BLANK[..now])) }
            }
            // Nobody is to be woken: the connection ends when the caller does, or the sandbox.
            Self::Stall(bytes) => bytes.take().map_or(Poll::Pending, frame),
            Self::Whole(bytes) => bytes.take().map_or(Poll::Ready(None), frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None) | Self::Flood(0))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Cut(..) | Self::Flood(_) | Self::Stall(_) => SizeHint::default(),
        }
    }
}

/// An answer of that status and content type.
pub(crate) fn reply(status: u16, content_type: &'static str, payload: Payload) -> Reply {
    let mut reply = Response::new(payload);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-sandbox"), "this is not VK"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// JSON.
pub(crate) fn json(status: u16, text: impl Into<Bytes>) -> Reply {
    reply(status, "application/json; charset=utf-8", Payload::whole(text))
}

/// A problem with a request to the sandbox's own switches, or of HTTP itself: `{"error": "…"}`.
pub(crate) fn problem(status: u16, what: &'static str) -> Reply {
    json(status, format!("{{\"error\":{}}}\n", crate::refusal::quoted(what)))
}

/// A page.
pub(crate) fn page(status: u16, page: Page) -> Reply {
    let mut reply = reply(status, "text/html; charset=utf-8", Payload::whole(page.html));
    if let Ok(policy) = HeaderValue::from_str(&page.policy) {
        reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    reply
}

/// A redirect. The place may hold a token, so it prints as sensitive.
pub(crate) fn redirect(status: u16, place: &str) -> Reply {
    let Ok(mut place) = HeaderValue::from_str(place) else {
        return problem(500, "the redirect could not be written");
    };
    place.set_sensitive(true);
    let mut reply = reply(status, "text/plain; charset=utf-8", Payload::whole(""));
    reply.headers_mut().insert(LOCATION, place);
    reply
}

/// 405 with what is allowed.
pub(crate) fn not_allowed(allowed: &'static str) -> Reply {
    let mut reply = problem(405, "this address does not take that method");
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}
