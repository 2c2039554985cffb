//! Owns the page on which somebody says who they are, with one click.

use super::{framed, hidden};
use crate::markup::Markup;
use crate::oauth2::cast::PEOPLE;
use crate::reply::Page;

/// The page; its form goes to `action` with these fields.
pub(in crate::oauth2) fn page(action: &str, fields: &[(&'static str, &str)], client: &str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>Sign in</h1>\n<p>to go on to <bdi>").text(client);
    content.raw("</bdi>. No password is needed: choose who you are.</p>\n<form method=\"post\" action=\"").text(action);
    content.raw("\">\n").add(&hidden(fields));
    for person in &PEOPLE {
        content.raw("<button class=\"choice\" name=\"person\" value=\"").text(person.username).raw("\"><bdi>");
        content.text(person.name).raw("</bdi> <small>").text(person.username).raw("</small></button>\n");
    }
    content.raw("</form>\n</section>\n");
    framed("Sign in", &content, "'self'")
}
