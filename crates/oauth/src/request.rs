//! Owns the shape of every request of this crate: what it accepts, and where credentials stand in it. Never in a URL.

use grantkeep_core::{Outgoing, Payload, Purpose, Secret};
use http::{HeaderName, HeaderValue, Method, header::ACCEPT};
use url::Url;

use crate::form::Form;
use crate::{Client, Endpoint};

/// A header with its value.
pub(crate) type Header = (HeaderName, HeaderValue);

/// A POST of a form by an authenticated client (RFC 6749 §3.2).
pub(crate) fn post<'a>(purpose: Purpose, endpoint: &Endpoint, client: &Client<'a>, mut form: Form<'a>) -> Outgoing {
    let header = client.authenticate(&mut form);
    build(purpose, Method::POST, endpoint.url().clone(), header, Some(form.finish()))
}

/// A POST of JSON.
pub(crate) fn post_json(purpose: Purpose, endpoint: &Endpoint, header: Option<Header>, json: Secret) -> Outgoing {
    build(purpose, Method::POST, endpoint.url().clone(), header, Some(Payload::Json(json)))
}

/// A GET.
pub(crate) fn get(purpose: Purpose, url: Url, header: Option<Header>) -> Outgoing {
    build(purpose, Method::GET, url, header, None)
}

fn build(purpose: Purpose, method: Method, url: Url, header: Option<Header>, body: Option<Payload>) -> Outgoing {
    let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
    headers.extend(header);
    Outgoing { purpose, method, url, headers, body }
}
