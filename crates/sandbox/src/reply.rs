//! Owns answers: what is done about a request, and the headers that every answer carries.

mod payload;

use std::time::Duration;

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde::Serialize;

pub(crate) use payload::Payload;

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
    /// The connection is closed.
    Close,
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
        (HeaderName::from_static("x-sandbox"), "this is an emulated provider"),
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

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as one line of JSON.
pub(crate) fn written(value: &impl Serialize) -> String {
    // Plain structures with text keys always serialise.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

/// A problem with a request to the sandbox's own switches, or of HTTP itself: `{"error": "…"}`.
pub(crate) fn problem(status: u16, what: &'static str) -> Reply {
    json(status, format!("{{\"error\":{}}}\n", quoted(what)))
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
