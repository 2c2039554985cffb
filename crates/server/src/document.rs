//! Owns the description of the API: the OpenAPI document, and a page that shows it to people.

use http::{HeaderValue, StatusCode, header};

use crate::reply::{self, Response};

/// The OpenAPI document, as published.
pub(crate) const OPENAPI: &str = include_str!("document/openapi.json");

const PAGE: &str = include_str!("document/docs.html");

/// No script, no other origin, no frame; the hash is that of the page's own style.
const POLICY: &str = concat!(
    "default-src 'none'; style-src '",
    include_str!("document/style.sha256"),
    "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
);

pub(crate) fn openapi() -> Response {
    reply::document("application/json", OPENAPI)
}

/// The page for people, marked when all providers are emulated.
pub(crate) fn page(sandbox: bool) -> Response {
    let mut response = if sandbox {
        reply::html(
            StatusCode::OK,
            PAGE.replacen("<body>\n", concat!("<body>\n", include_str!("document/sandbox.html")), 1),
        )
    } else {
        reply::document("text/html; charset=utf-8", PAGE)
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

#[cfg(test)]
mod tests;
