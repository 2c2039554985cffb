//! Owns the header that shows a token (RFC 6750 §2.1): the only way in which we ever send one to an API.

use grantkeep_core::Secret;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use zeroize::Zeroizing;

/// `Authorization: Bearer …`, marked as sensitive. None for a token that cannot stand in a header, which no server made.
pub fn header(token: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let mut text = Zeroizing::new(String::with_capacity("Bearer ".len() + token.len()));
    text.push_str("Bearer ");
    text.push_str(token.expose());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some((AUTHORIZATION, value))
}
