//! Owns the pages of the emulated server: who are you, do you allow this, which code, and what the sandbox can do here.

pub(super) mod consent;
pub(super) mod device;
pub(super) mod home;
pub(super) mod sign_in;

use super::WHAT;
use crate::markup::Markup;
use crate::reply::Page;

fn framed(title: &str, content: &Markup, form_targets: &str) -> Page {
    crate::page::framed(WHAT, title, content, form_targets)
}

/// Fields that a form carries along.
fn hidden(fields: &[(&'static str, &str)]) -> Markup {
    let mut markup = Markup::default();
    for (name, value) in fields {
        markup.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">\n");
    }
    markup
}
