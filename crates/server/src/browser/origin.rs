//! Owns what a browser says about where a request comes from: a page of ours, or a person who opened an address.

use http::{HeaderMap, HeaderName, header};

use crate::{
    fault::{Fault, LoginFault},
    gate::Hosts,
};

/// A POST must come from a page of this server. `Sec-Fetch-Site` says so, and where a browser does not send it (to plain http
/// beyond loopback), `Origin` does. A request with neither is no browser of this decade, and is refused.
pub(super) fn check_same_origin(headers: &HeaderMap, hosts: &Hosts) -> Result<(), Fault> {
    let site = value(headers, "sec-fetch-site");
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let origin_is_ours = |origin: &str| origin.split_once("://").is_some_and(|(_, host)| hosts.has(host));
    let same = match (site, origin) {
        (Some(site), None | Some("null")) => site == "same-origin",
        (Some(site), Some(origin)) => site == "same-origin" && origin_is_ours(origin),
        (None, Some(origin)) => origin_is_ours(origin),
        (None, None) => false,
    };
    if same { Ok(()) } else { Err(LoginFault::CrossOrigin.into()) }
}

/// A redirect arrives because a browser opens an address as a page of its own. What prefetches, frames or fetches it uses
/// nothing up.
pub(super) fn check_navigation(headers: &HeaderMap) -> Result<(), Fault> {
    let other_than = |name, wanted| value(headers, name).is_some_and(|value| value != wanted);
    let ahead =
        |name| value(headers, name).is_some_and(|value| value.contains("prefetch") || value.contains("prerender"));
    let wrong = ["sec-purpose", "purpose", "x-moz"].into_iter().any(ahead)
        || other_than("sec-fetch-dest", "document")
        || other_than("sec-fetch-mode", "navigate");
    if wrong { Err(LoginFault::NotNavigation.into()) } else { Ok(()) }
}

fn value<'h>(headers: &'h HeaderMap, name: &'static str) -> Option<&'h str> {
    headers.get(HeaderName::from_static(name)).map(|value| value.to_str().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &str) -> HeaderMap {
        let pairs = lines.split(" | ").filter_map(|line| line.split_once(": "));
        pairs
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::try_from(value).unwrap()))
            .collect()
    }

    #[test]
    fn a_post_comes_from_a_page_of_ours() {
        let hosts = Hosts::new(["127.0.0.1:8000", "keep.example"].map(str::to_owned));
        for (lines, expected) in [
            ("", false),
            ("sec-fetch-site: same-origin", true),
            ("sec-fetch-site: same-origin | origin: null", true),
            ("sec-fetch-site: same-origin | origin: http://127.0.0.1:8000", true),
            ("sec-fetch-site: same-origin | origin: https://keep.example", true),
            ("sec-fetch-site: same-origin | origin: https://evil.example", false),
            ("sec-fetch-site: same-site", false),
            ("sec-fetch-site: cross-site", false),
            ("sec-fetch-site: none", false),
            ("sec-fetch-site: cross-site | origin: http://127.0.0.1:8000", false),
            ("origin: http://127.0.0.1:8000", true),
            ("origin: https://KEEP.example", true),
            ("origin: null", false),
            ("origin: http://127.0.0.1:8001", false),
            ("origin: http://127.0.0.1:8000.evil.example", false),
            ("origin: http://evil.example/127.0.0.1:8000", false),
            ("origin: 127.0.0.1:8000", false),
            ("origin: ", false),
        ] {
            assert_eq!(check_same_origin(&headers(lines), &hosts).is_ok(), expected, "{lines}");
        }
    }

    #[test]
    fn a_redirect_is_opened_as_a_page() {
        for (lines, expected) in [
            ("", true),
            ("sec-fetch-dest: document | sec-fetch-mode: navigate | sec-fetch-site: cross-site", true),
            ("sec-fetch-dest: iframe | sec-fetch-mode: navigate", false),
            ("sec-fetch-dest: empty | sec-fetch-mode: cors", false),
            ("sec-fetch-dest: image | sec-fetch-mode: no-cors", false),
            ("sec-fetch-mode: no-cors", false),
            ("sec-purpose: prefetch", false),
            ("sec-purpose: prefetch;prerender | sec-fetch-dest: document | sec-fetch-mode: navigate", false),
            ("purpose: prefetch", false),
            ("x-moz: prefetch", false),
        ] {
            assert_eq!(check_navigation(&headers(lines)).is_ok(), expected, "{lines}");
        }
    }
}
