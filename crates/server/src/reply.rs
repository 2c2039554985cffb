//! Owns how an answer becomes an HTTP response, and the headers that every response carries.

use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    fault::{Fault, Words},
    text,
};

/// A response with its whole body.
pub type Response = http::Response<Full<Bytes>>;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Room for most answers at once.
    let mut body = Vec::with_capacity(512);
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => with_body(status, HeaderValue::from_static("application/json"), body.into()),
        // Our own types always serialise.
        Err(_) => fault(&Fault::Internal),
    }
}

/// A static document.
pub(crate) fn document(content_type: &'static str, body: &'static str) -> Response {
    with_body(StatusCode::OK, HeaderValue::from_static(content_type), Bytes::from_static(body.as_bytes()))
}

/// A text that is made for this answer.
pub(crate) fn text(content_type: &'static str, text: String) -> Response {
    with_body(StatusCode::OK, HeaderValue::from_static(content_type), text.into())
}

/// A page.
pub(crate) fn html(status: StatusCode, page: String) -> Response {
    with_body(status, HeaderValue::from_static("text/html; charset=utf-8"), page.into())
}

/// Sends a browser on, with GET whatever it came with (RFC 9110 §15.4.4). None for what is no address.
pub(crate) fn see_other(to: &str) -> Option<Response> {
    let mut location = HeaderValue::try_from(to).ok()?;
    // It may carry a state.
    location.set_sensitive(true);
    let mut response = no_content();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(response)
}

/// Nothing to say.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    common_headers(&mut response);
    response
}

/// An error in its one shape.
pub(crate) fn fault(fault: &Fault) -> Response {
    let words = text::english(fault);
    let body = serde_json::to_vec(&Detail { detail: &words }).unwrap_or_default();
    let mut response = with_body(fault.status(), HeaderValue::from_static("application/json"), body.into());
    mark_fault(&mut response, fault);
    response
}

/// The headers of an error.
pub(crate) fn mark_fault(response: &mut Response, fault: &Fault) {
    let headers = response.headers_mut();
    match fault {
        Fault::NotSignedIn => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Fault::ForbiddenScope(needed) => {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", needed.word());
            if let Ok(challenge) = HeaderValue::try_from(challenge) {
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        Fault::MethodNotAllowed(allowed) => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        Fault::TooManyAuthorizations | Fault::TooManyFailures => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => {}
    }
    if fault.closes() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

fn with_body(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    common_headers(&mut response);
    response
}

fn common_headers(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

#[derive(Serialize)]
struct Detail<'a> {
    detail: &'a Words,
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut words = serializer.serialize_struct("Words", 4)?;
        words.serialize_field("error", self.error)?;
        words.serialize_field("message", &self.message)?;
        words.serialize_field("solution", &self.solution)?;
        words.serialize_field("error_type", self.error_type)?;
        words.end()
    }
}
