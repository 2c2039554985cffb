//! Owns the page on which a person allows or denies.

use std::net::IpAddr;

use super::{behaviour_options, framed};
use crate::markup::Markup;
use crate::reply::Page;
use crate::vk::authorize::Asked;
use crate::vk::cast::{self, PEOPLE};
use crate::vk::scope::Of;

/// The page. The form goes back to the address it came from, so that what the application sent stays as it was sent.
pub(crate) fn page(asked: &Asked, query: &str, caller: IpAddr) -> Page {
    let mut content = Markup::default();
    content
        .raw("<section class=\"card narrow\">\n<h1><bdi>")
        .text(&asked.app.name)
        .raw("</bdi> asks for access</h1>\n");
    content.raw("<p class=\"quiet\">Application ").text(asked.app.id).raw("</p>\n");
    content.add(&rights(asked));
    content.raw("<form method=\"post\" action=\"/authorize?").text(query).raw("\">\n");
    content.add(&whom(asked));
    content.raw("<p class=\"row\"><button name=\"auto\" value=\"allow\">Allow</button> ");
    content.raw("<button class=\"quiet\" name=\"auto\" value=\"deny\">Deny</button></p>\n");
    content.add(&more(asked, caller));
    content.raw("</form>\n<p class=\"quiet\">Afterwards the browser goes to ").code(&asked.target.shown);
    if asked.target.shown != asked.target.place {
        content.raw(", which here is ").code(&asked.target.place);
    }
    match &asked.state {
        Some(state) => content.raw(" with the state ").code(state).raw(".</p>\n"),
        None => content.raw(". There is no state.</p>\n"),
    };
    content.raw("</section>\n");
    framed("Allow access?", &content, &asked.target.sources())
}

fn rights(asked: &Asked) -> Markup {
    let of = if asked.groups.is_empty() { Of::User } else { Of::Community };
    let mut list = Markup::default();
    if asked.scope.rights(of).next().is_none() {
        list.raw("<p>It asks for no rights beyond public information.</p>\n");
        return list;
    }
    list.raw("<p>It wants to be able to:</p>\n<ul>\n");
    for right in asked.scope.rights(of) {
        list.raw("<li>").text(right.title).raw(" ").code(right.name).raw("</li>\n");
    }
    list.raw("</ul>\n");
    list
}

fn whom(asked: &Asked) -> Markup {
    let mut choice = Markup::default();
    if !asked.groups.is_empty() {
        choice.raw("<p>In these communities, each with a token of its own:</p>\n<ul>\n");
        for community in &asked.groups {
            choice.raw("<li><bdi>").text(&community.name).raw("</bdi> ").code(community.id).raw("</li>\n");
        }
        choice.raw("</ul>\n");
        return choice;
    }
    people(asked.person)
}

/// The choice between people, with that one proposed.
pub(super) fn people(proposed: u64) -> Markup {
    let mut choice = Markup::default();
    choice.raw("<fieldset>\n<legend>Who are you?</legend>\n");
    let listed = PEOPLE.iter().any(|person| person.id == proposed);
    let other = (!listed).then(|| cast::person(proposed));
    for person in PEOPLE.iter().chain(other.as_ref()) {
        choice.raw("<label class=\"person\"><input type=\"radio\" name=\"person\" value=\"").text(person.id).raw("\"");
        choice.raw(if person.id == proposed { " checked> " } else { "> " });
        choice.raw("<bdi>").text(&person.first_name).raw(" ").text(&person.last_name).raw("</bdi> ");
        choice.code(person.id).raw("</label>\n");
    }
    choice.raw("</fieldset>\n");
    choice
}

fn more(asked: &Asked, caller: IpAddr) -> Markup {
    let mut more = Markup::default();
    more.raw("<details>\n<summary>More: what the token shall be like</summary>\n");
    more.raw("<label class=\"field\">It expires in so many seconds <input name=\"expires_in\" inputmode=\"numeric\" ");
    more.raw("pattern=\"[0-9]*\" placeholder=\"");
    more.raw(if asked.groups.is_empty() { "86400, or 0 with offline" } else { "0" });
    more.raw("\"><small>0: never. Left empty: as VK does.</small></label>\n");
    more.raw("<label class=\"field\">VK’s API answers it with <select name=\"answers\">\n");
    more.add(&behaviour_options("what is true: it is alive")).raw("</select></label>\n");
    more.raw("<label class=\"field\">beginning so many seconds from now <input name=\"answers_after\" ");
    more.raw("inputmode=\"numeric\" pattern=\"[0-9]*\" placeholder=\"0\"></label>\n");
    more.raw("<label><input type=\"checkbox\" name=\"bind\" value=\"on\"> It works only from this address (");
    more.text(caller).raw(")</label>\n");
    more.raw("<label class=\"field\">It works only from another address <input name=\"address\" placeholder=\"203.0.113.7\"></label>\n");
    more.raw("</details>\n");
    more
}
