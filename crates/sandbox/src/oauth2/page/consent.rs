//! Owns the page on which a person allows or denies, for an application in this browser and for a device elsewhere.

use super::{framed, hidden};
use crate::markup::Markup;
use crate::oauth2::authorize::Asked;
use crate::oauth2::cast::Person;
use crate::oauth2::device::Waiting;
use crate::oauth2::scope::{SCOPES, Scope};
use crate::reply::Page;

/// What is asked, whoever asks.
struct Question<'a> {
    client: &'a str,
    scope: &'a Scope,
    person: &'a Person,
    action: &'a str,
    fields: &'a [(&'static str, &'a str)],
    back: &'a str,
}

/// The page of the authorization endpoint; its form goes to `action`.
pub(in crate::oauth2) fn page(action: &str, fields: &[(&'static str, &str)], asked: &Asked, person: &Person) -> Page {
    let question = Question { client: &asked.client.name, scope: &asked.scope, person, action, fields, back: action };
    let mut content = question.markup();
    content.raw("<p class=\"quiet\">Afterwards the browser goes to ").code(&asked.target.shown);
    match &asked.state {
        Some(state) => content.raw(" with the state ").code(state).raw(".</p>\n"),
        None => content.raw(". There is no state.</p>\n"),
    };
    content.raw("</section>\n");
    framed("Allow access?", &content, &asked.target.sources())
}

/// The page for a device.
pub(in crate::oauth2) fn device_page(fields: &[(&'static str, &str)], waiting: &Waiting, person: &Person) -> Page {
    let question = Question {
        client: &waiting.client.name,
        scope: &waiting.scope,
        person,
        action: "/device",
        fields,
        back: "/device",
    };
    let mut content = question.markup();
    content.raw(
        "<p class=\"quiet\">This is for a device. Allow it only if the code on your device is the one you typed.</p>\n",
    );
    content.raw("</section>\n");
    framed("Allow access?", &content, "'self'")
}

impl Question<'_> {
    fn markup(&self) -> Markup {
        let mut content = Markup::default();
        content
            .raw("<section class=\"card narrow\">\n<h1><bdi>")
            .text(self.client)
            .raw("</bdi> asks for access</h1>\n");
        content
            .raw("<p class=\"quiet\">You are <bdi>")
            .text(self.person.name)
            .raw("</bdi>. <a href=\"")
            .text(self.back);
        content.raw("\">Somebody else?</a></p>\n<form method=\"post\" action=\"").text(self.action).raw("\">\n");
        content.add(&hidden(self.fields)).add(&hidden(&[("person", self.person.username), ("boxes", "on")]));
        content.raw("<fieldset>\n<legend>It wants to</legend>\n");
        for (name, title) in SCOPES.iter().filter(|(name, _)| self.scope.has(name)) {
            content.raw("<label class=\"person\"><input type=\"checkbox\" name=\"right\" value=\"").text(name);
            content.raw("\" checked> ").text(title).raw(" ").code(name).raw("</label>\n");
        }
        content.raw("</fieldset>\n<p class=\"row\"><button name=\"auto\" value=\"allow\">Allow</button> ");
        content.raw("<button class=\"quiet\" name=\"auto\" value=\"deny\">Deny</button></p>\n</form>\n");
        content
    }
}
