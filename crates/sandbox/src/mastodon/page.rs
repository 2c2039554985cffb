//! Owns the pages that a server shows to people who sign in and are asked for consent.

mod home;
mod switch;

use super::authorize::Asked;
use super::cast::PEOPLE;
use super::personality::{Deny, SignIn};
use super::session;
use super::visit::Visit;
use crate::markup::Markup;
use crate::page::{framed, notice as shared_notice};
use crate::reply::Page;
pub(super) use home::home;

fn what(visit: &Visit<'_>) -> String {
    format!("a real {} server", visit.personality.title)
}

/// A heading and a sentence.
pub(super) fn notice(visit: &Visit<'_>, title: &str, text: &str) -> Page {
    shared_notice(&what(visit), title, text)
}

/// Choose a person.
pub(super) fn sign_in(visit: &Visit<'_>) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>Sign in to ").text(visit.host()).raw("</h1>\n");
    content.raw("<form method=\"post\" action=\"").text(session::SIGN_IN).raw("\">\n").add(&people(visit, Some(0)));
    content.raw("<p class=\"row\"><button>Sign in</button></p>\n</form>\n</section>\n");
    framed(&what(visit), "Sign in", &content, "'self'")
}

fn people(visit: &Visit<'_>, chosen: Option<usize>) -> Markup {
    let mut choice = Markup::default();
    choice.raw("<fieldset>\n<legend>Who are you?</legend>\n");
    for (index, person) in PEOPLE.iter().enumerate() {
        choice
            .raw("<label class=\"person\"><input type=\"radio\" name=\"person\" value=\"")
            .text(person.username)
            .raw("\"");
        choice.raw(if chosen.unwrap_or(0) == index { " checked> " } else { "> " });
        choice.raw("<bdi>").text(person.display_name).raw("</bdi> ");
        choice.code(format_args!("@{}@{}", person.username, visit.handle_domain())).raw("</label>\n");
    }
    choice.raw("</fieldset>\n");
    choice
}

/// What goes through the form as it came.
const CARRIED: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "state",
    "response_type",
    "response_mode",
    "scope",
    "code_challenge",
    "code_challenge_method",
];

/// Allow it or not. Somebody is signed in, or is asked who they are on this page.
pub(super) fn consent(visit: &mut Visit<'_>, asked: &Asked, person: Option<usize>, sources: &str) -> Page {
    let rules = visit.personality.consent;
    let hidden = hidden(visit);
    let mut content = Markup::default();
    content
        .raw("<section class=\"card narrow\">\n<h1>Authorization required</h1>\n<p><strong><bdi>")
        .text(&asked.app.name);
    content.raw("</bdi></strong> would like permission to access your account at ").text(visit.host()).raw(".</p>\n");
    content.raw("<h2>Review permissions</h2>\n<ul>\n");
    for scope in &asked.scopes {
        content.raw("<li>").text(meaning(scope)).raw(" ").code(scope).raw("</li>\n");
    }
    content.raw("</ul>\n<form method=\"post\" action=\"/oauth/authorize\">\n").add(&hidden);
    match (rules.sign_in, person.and_then(|person| PEOPLE.get(person))) {
        (SignIn::Before, Some(person)) => {
            content.raw("<p class=\"quiet\">Signed in as <bdi>").text(person.display_name).raw("</bdi>.</p>\n");
        }
        _ => {
            content.add(&people(visit, person));
        }
    }
    content.raw("<p class=\"row\"><button>Authorize</button> ");
    match rules.deny {
        Deny::Absent => {}
        Deny::LinkHome => {
            content.raw("<a class=\"button quiet\" href=\"/\">Cancel</a>");
        }
        Deny::Redirect | Deny::Stateless => {
            content.raw("<button class=\"quiet\" name=\"_method\" value=\"delete\">Deny</button>");
        }
    }
    content.raw("</p>\n</form>\n");
    if rules.sign_in == SignIn::Before {
        content.raw("<form method=\"post\" action=\"/auth/sign_out\"><input type=\"hidden\" name=\"again\" value=\"");
        content.text(&visit.ask.path).raw("?").text(&visit.ask.raw_query);
        content.raw("\"><p><button class=\"quiet\">Use another account</button></p></form>\n");
    }
    content
        .raw("<p class=\"quiet\">Afterwards the browser goes to ")
        .code(&asked.redirect_uri)
        .raw(".</p>\n</section>\n");
    framed(&what(visit), "Authorization required", &content, sources)
}

fn hidden(visit: &mut Visit<'_>) -> Markup {
    let mut hidden = Markup::default();
    let mut field = |name: &str, value: &str| {
        hidden.raw("<input type=\"hidden\" name=\"").text(name).raw("\" value=\"").text(value).raw("\">\n");
    };
    for name in CARRIED {
        if let Some(value) = visit.params.text(name) {
            field(name, value);
        }
    }
    if let Some(session) = session::current(visit) {
        field("authenticity_token", session.form_token.expose());
    }
    hidden
}

/// A scope in words.
fn meaning(scope: &str) -> &'static str {
    match scope.split(':').next().unwrap_or_default() {
        "admin" => "administer the server:",
        "follow" => "modify relationships:",
        "profile" => "see who you are:",
        "push" => "receive your push notifications:",
        "read" => "read:",
        "write" => "change:",
        _ => "something this server does not know:",
    }
}

/// A code for the person to copy.
pub(super) fn code(visit: &Visit<'_>, code: &str) -> Page {
    copied(visit, "Authorization code", "Copy this authorization code and paste it to the application.", code)
}

/// A token where a code would be, by the name that Pleroma and Akkoma give it.
pub(super) fn token_code(visit: &Visit<'_>, token: &str) -> Page {
    copied(visit, "Successfully authorized", "Token code is", token)
}

fn copied(visit: &Visit<'_>, title: &str, text: &str, value: &str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>").text(title).raw("</h1>\n<label class=\"field\">").text(text);
    content.raw(" <input class=\"oauth-code\" readonly value=\"").text(value).raw("\"></label>\n");
    content.raw("<p class=\"quiet\">Then this page can be closed.</p>\n</section>\n");
    framed(&what(visit), title, &content, "'none'")
}

/// What would have been sent to a place that is not on this machine.
pub(super) fn elsewhere(visit: &Visit<'_>, place: &str) -> Page {
    let mut content = Markup::default();
    content.raw(
        "<section class=\"card narrow\">\n<h1>This is where the sandbox ends</h1>\n<p>A real server would now send ",
    );
    content.raw("the browser to the address below. The sandbox never leads off this computer.</p>\n<pre>").text(place);
    content.raw("</pre>\n</section>\n");
    framed(&what(visit), "Elsewhere", &content, "'none'")
}

/// An answer that travels as a form. Browsers of real servers send it by themselves, by a script.
pub(super) fn form_post(visit: &Visit<'_>, place: &str, pairs: &[(&str, &str)], sources: &str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>One step more</h1>\n<form method=\"post\" action=\"").text(place);
    content.raw("\">\n");
    for (name, value) in pairs {
        content.raw("<input type=\"hidden\" name=\"").text(name).raw("\" value=\"").text(value).raw("\">\n");
    }
    content.raw("<p class=\"row\"><button>Back to the application</button></p>\n</form>\n</section>\n");
    framed(&what(visit), "One step more", &content, sources)
}
