//! Owns the pages that people see during a login: their frame, their headers, and their words.
//!
//! Always so: every text that comes from outside is escaped; nothing is loaded from anywhere but this server; no page can be framed;
//! what came in the address is taken out of the address bar and the history by the page's script. A page never shows a secret,
//! but for the ticket in its own form.

mod asset;
mod connect;
mod ending;
mod markup;
mod renewal;
mod wrong;

use grantkeep_core::Provider;
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::reply::{self, Response};

pub(crate) use asset::Asset;
pub(crate) use connect::{Connecting, connect};
pub(crate) use ending::{Answer, declined, ending};
use markup::Markup;
pub(crate) use renewal::{Renewing, renewal};
pub(crate) use wrong::{paste_again, relay, wrong};

/// What every page of a service has in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'s> {
    /// Whether every page says that the providers are emulated ones.
    pub(crate) sandbox: bool,
    /// What stands in front of every path, as browsers see it: nothing, or the path of the public URL.
    pub(crate) root: &'s str,
}

/// Nothing but our own files; no frame around it; no text becomes script.
macro_rules! policy {
    ($($more:literal)?) => {
        concat!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; ",
            "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
            $($more)?
        )
    };
}

/// What forms may do on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forms {
    /// The page has none.
    None,
    /// It has some. Where they lead is not limited: browsers apply the limit to the redirect to the provider, too.
    Some,
}

impl Frame<'_> {
    fn page(self, status: StatusCode, title: &str, forms: Forms, main: &Markup) -> Response {
        let mut page = Markup::default();
        page.put("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .put("<meta name=\"robots\" content=\"noindex\">\n");
        if forms == Forms::Some {
            // Only so does a browser say in `Origin` where a form was sent from; other servers are still told nothing.
            page.put("<meta name=\"referrer\" content=\"same-origin\">\n");
        }
        page.put("<title>").text(title).put(" – Grantkeep</title>\n");
        let file = |page: &mut Markup, asset: Asset| {
            page.text(self.root).text(asset.path());
        };
        page.put("<script src=\"");
        file(&mut page, Asset::Script);
        page.put("\"></script>\n<link rel=\"stylesheet\" href=\"");
        file(&mut page, Asset::Style);
        page.put("\">\n<link rel=\"icon\" href=\"");
        file(&mut page, Asset::Icon);
        page.put("\">\n</head>\n<body>\n");
        if self.sandbox {
            page.put("<p class=\"sandbox\" role=\"note\">SANDBOX: emulated providers only</p>\n");
        }
        page.put("<div class=\"brand\"><img src=\"");
        file(&mut page, Asset::Icon);
        page.put("\" alt=\"\">Grantkeep</div>\n");
        page.add(main).put("</body>\n</html>\n");
        let mut response = reply::html(status, page.into_string());
        mark(&mut response, forms);
        response
    }
}

/// The headers that a page has beside those of every answer.
fn mark(response: &mut Response, forms: Forms) {
    let policy = match forms {
        Forms::None => policy!("; form-action 'none'"),
        Forms::Some => policy!(),
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// A provider's name as people know it.
pub(crate) fn name_of(provider: &Provider) -> &str {
    match provider {
        Provider::Mastodon => "Mastodon",
        Provider::OAuth2(name) => name.as_str(),
        Provider::Vk => "VK",
    }
}

const GOOD: &str = "<svg class=\"mark good\" viewBox=\"0 0 32 32\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\"><circle cx=\"16\" cy=\"16\" r=\"13\"/><path d=\"M10 16.5l4.2 4.2L22.5 12\"/></svg>\n";

const CALM: &str = "<svg class=\"mark calm\" viewBox=\"0 0 32 32\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\" stroke-linecap=\"round\" aria-hidden=\"true\"><circle cx=\"16\" cy=\"16\" r=\"13\"/><path d=\"M10.5 16h.01M16 16h.01M21.5 16h.01\"/></svg>\n";

const BAD: &str = "<svg class=\"mark bad\" viewBox=\"0 0 32 32\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\" stroke-linecap=\"round\" aria-hidden=\"true\"><circle cx=\"16\" cy=\"16\" r=\"13\"/><path d=\"M16 9.5v8M16 22.3v.01\"/></svg>\n";

#[cfg(test)]
mod tests;
