//! Owns VK's pages: what a person sees who takes a token, and the sandbox's own page.

pub(crate) mod consent;
pub(crate) mod home;
pub(crate) mod id;
pub(crate) mod person;

use super::behaviour::RULES;
use super::refusal::TABLE;
use crate::behaviour::OUTAGES;
use crate::markup::Markup;
use crate::reply::Page;

fn framed(title: &'static str, content: &Markup, form_targets: &str) -> Page {
    crate::page::framed("VK", title, content, form_targets)
}

/// The options of a choice among all behaviours of the API, after an empty one with that label.
fn behaviour_options(label: &'static str) -> Markup {
    let mut options = Markup::default();
    options.raw("<option value=\"\">").text(label).raw("</option>\n<optgroup label=\"Outages and rules\">\n");
    for (word, what) in OUTAGES.iter().chain(RULES) {
        options.raw("<option value=\"").text(word).raw("\">").text(word).raw(" – ").text(what).raw("</option>\n");
    }
    options.raw("</optgroup>\n<optgroup label=\"Errors of the API\">\n");
    for row in TABLE {
        options.raw("<option value=\"").text(row).raw("\">").text(row).raw(" – ").text(row.message).raw("</option>\n");
    }
    options.raw("</optgroup>\n");
    options
}
