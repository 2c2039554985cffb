//! Owns what all pages share: the frame that says that this is a sandbox, the style, and the policy that browsers enforce.
//!
//! No scripts, nothing from other servers, no inline handlers; the one style sheet is allowed by its hash.

pub(crate) mod consent;
pub(crate) mod home;
pub(crate) mod person;

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::behaviour::OUTAGES;
use crate::markup::Markup;
use crate::refusal::TABLE;
use crate::reply::Page;

static STYLE: &str = include_str!("page/style.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

/// A page with that title. `form_targets` are the sources that its forms, and the redirects after them, may go to.
pub(crate) fn framed(title: &'static str, content: &Markup, form_targets: &str) -> Page {
    let mut page = Markup::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"robots\" content=\"noindex\">\n");
    page.raw("<link rel=\"icon\" href=\"data:,\">\n<title>").text(title).raw(" · Sandbox</title>\n<style>").raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<p class=\"mark\"><strong>Sandbox.</strong> ");
    page.raw("This is not VK: people, communities and tokens here are invented, and nothing leaves this computer.</p>\n<main>\n");
    page.add(content).raw("</main>\n</body>\n</html>\n");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action {form_targets}; base-uri 'none'; \
         frame-ancestors 'none'",
        *STYLE_HASH
    );
    Page { html: page.into_string(), policy }
}

/// The options of a choice among all behaviours, after an empty one with that label.
fn behaviour_options(label: &'static str) -> Markup {
    let mut options = Markup::default();
    options.raw("<option value=\"\">").text(label).raw("</option>\n<optgroup label=\"Outages and rules\">\n");
    for (word, what) in OUTAGES {
        options.raw("<option value=\"").text(word).raw("\">").text(word).raw(" – ").text(what).raw("</option>\n");
    }
    options.raw("</optgroup>\n<optgroup label=\"Errors of the API\">\n");
    for row in TABLE {
        options.raw("<option value=\"").text(row).raw("\">").text(row).raw(" – ").text(row.message).raw("</option>\n");
    }
    options.raw("</optgroup>\n");
    options
}
