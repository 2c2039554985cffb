//! Owns what all pages share: the frame that says that this is a sandbox, the style, and the policy that browsers enforce.
//!
//! No scripts, nothing from other servers, no inline handlers; the one style sheet is allowed by its hash.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::markup::Markup;
use crate::reply::Page;

static STYLE: &str = include_str!("page/style.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

/// A page with that title; `what` it is not: “VK”, “a real Mastodon server”. `form_targets` are the sources that its forms,
/// and the redirects after them, may go to.
pub(crate) fn framed(what: &str, title: &str, content: &Markup, form_targets: &str) -> Page {
    let mut page = Markup::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"robots\" content=\"noindex\">\n");
    page.raw("<link rel=\"icon\" href=\"data:,\">\n<title>").text(title).raw(" · Sandbox</title>\n<style>").raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<p class=\"mark\"><strong>Sandbox.</strong> This is not ").text(what);
    page.raw(": people, communities and tokens here are invented, and nothing leaves this computer.</p>\n<main>\n");
    page.add(content).raw("</main>\n</body>\n</html>\n");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action {form_targets}; base-uri 'none'; \
         frame-ancestors 'none'",
        *STYLE_HASH
    );
    Page { html: page.into_string(), policy }
}

/// A page with little on it: a heading, and what was said about it.
pub(crate) fn notice(what: &str, title: &str, text: &str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>").text(title).raw("</h1>\n<p>").text(text).raw("</p>\n");
    content.raw("<p class=\"quiet\"><a href=\"/\">What this server can do</a></p>\n</section>\n");
    framed(what, title, &content, "'none'")
}
