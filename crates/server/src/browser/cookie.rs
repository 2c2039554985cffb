//! Owns the binding cookie: one for each login, shown by the browser that spent the ticket, and by no other.
//!
//! Cookies go to every port of a host, so other programs at a loopback address may see and set some; with https the name's prefix
//! keeps other hosts from setting it (RFC 6265bis §4.1.3.2). What stands twice is believed from neither.

use grantkeep_core::{AuthorizationId, Flow, Secret, authorization::PENDING_FOR};
use http::{HeaderMap, HeaderValue, header};

const NAME: &str = "grantkeep-";

/// In the name of a login whose token comes in the fragment: then an address without a query may have one.
const IMPLICIT: &str = "i-";

const SECURE: &str = "__Host-";

/// The cookies of a request, as far as they are ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies<'h> {
    header: &'h [u8],
    secure: bool,
}

impl<'h> Cookies<'h> {
    /// `secure`: whether browsers reach this server by https.
    pub(super) fn of(headers: &'h HeaderMap, secure: bool) -> Self {
        Self { header: headers.get(header::COOKIE).map_or(&[], HeaderValue::as_bytes), secure }
    }

    /// What this browser shows for a login; none when it shows nothing, or two things.
    pub(super) fn binding(self, id: &AuthorizationId) -> Option<&'h str> {
        let mut shown = self.ours().filter(|(name, _)| name.trim_start_matches(IMPLICIT) == tail(id));
        let (_, value) = shown.next()?;
        shown.next().is_none().then_some(value)
    }

    /// Whether a login was begun in this browser lately, of which anything may come back in the fragment.
    pub(super) fn any(self) -> bool {
        self.ours().next().is_some()
    }

    /// Whether one was begun whose token comes in the fragment.
    pub(super) fn any_implicit(self) -> bool {
        self.ours().any(|(name, _)| name.starts_with(IMPLICIT))
    }

    /// Our cookies: what follows the common part of the name, and the value. Others may hold anything, even bytes that are no text.
    fn ours(self) -> impl Iterator<Item = (&'h str, &'h str)> {
        let pairs = self.header.split(|byte| *byte == b';').filter_map(|pair| std::str::from_utf8(pair).ok());
        pairs.filter_map(move |pair| {
            let (name, value) = pair.trim().split_once('=')?;
            let name = if self.secure { name.strip_prefix(SECURE)? } else { name };
            Some((name.strip_prefix(NAME)?, value))
        })
    }
}

/// `Set-Cookie` for the browser that spent the ticket. Lax, because the provider's redirect comes from another site.
pub(super) fn set(id: &AuthorizationId, flow: Flow, binding: &Secret, secure: bool) -> Option<HeaderValue> {
    let (prefix, end) = if secure { (SECURE, "; Secure") } else { ("", "") };
    let kind = if flow == Flow::Implicit { IMPLICIT } else { "" };
    let (tail, value, seconds) = (tail(id), binding.expose(), PENDING_FOR.seconds());
    let cookie = format!("{prefix}{NAME}{kind}{tail}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{end}");
    let mut cookie = HeaderValue::try_from(cookie).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

/// The part of an id that tells logins under way apart.
fn tail(id: &AuthorizationId) -> &str {
    id.as_str().get(2..10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AuthorizationId {
        AuthorizationId::from_random([0xab; 16])
    }

    fn headers(cookie: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_bytes(cookie).unwrap())])
    }

    #[test]
    fn one_cookie_of_its_name_is_the_binding() {
        for (cookie, plain, secure) in [
            (&b""[..], None, None),
            (b"grantkeep-abababab=x", Some("x"), None),
            (b"grantkeep-i-abababab=x", Some("x"), None),
            (b"a=1; grantkeep-abababab=x;b=2", Some("x"), None),
            (b"__Host-grantkeep-abababab=x", None, Some("x")),
            (b"__Host-grantkeep-i-abababab=x; grantkeep-abababab=y", Some("y"), Some("x")),
            (b"grantkeep-abababab=x; grantkeep-abababab=x", None, None),
            (b"grantkeep-abababab=x; grantkeep-i-abababab=y", None, None),
            (b"grantkeep-cdcdcdcd=x", None, None),
            (b"grantkeep-abababab", None, None),
            (b"xgrantkeep-abababab=x", None, None),
            (b"GRANTKEEP-abababab=x", None, None),
            (b"other=\xff\xfe; grantkeep-abababab=x", Some("x"), None),
            (b"grantkeep-abababab=", Some(""), None),
            (b"grantkeep-abababab=x=y", Some("x=y"), None),
        ] {
            let headers = headers(cookie);
            let binding = |secure| Cookies::of(&headers, secure).binding(&id());
            assert_eq!((binding(false), binding(true)), (plain, secure), "{}", String::from_utf8_lossy(cookie));
        }
    }

    #[test]
    fn the_name_says_whether_a_fragment_may_come() {
        for (cookie, any, any_implicit) in [
            (&b"session=1"[..], false, false),
            (b"grantkeep-abababab=x", true, false),
            (b"grantkeep-i-cdcdcdcd=x; grantkeep-abababab=x", true, true),
        ] {
            let headers = headers(cookie);
            let cookies = Cookies::of(&headers, false);
            let found = (cookies.any(), cookies.any_implicit());
            assert_eq!(found, (any, any_implicit), "{}", String::from_utf8_lossy(cookie));
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_this_login_and_ten_minutes() {
        let binding = Secret::from("b1nd1ng");
        let set = |flow, secure| set(&id(), flow, &binding, secure).unwrap().to_str().unwrap().to_owned();
        assert_eq!(set(Flow::Code, false), "grantkeep-abababab=b1nd1ng; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
        assert_eq!(
            set(Flow::Implicit, true),
            "__Host-grantkeep-i-abababab=b1nd1ng; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
