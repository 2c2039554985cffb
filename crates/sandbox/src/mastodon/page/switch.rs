//! Owns the parts of a server's page where somebody sees, and changes, what it remembers.

use grantkeep_core::Timestamp;

use super::super::cast::{PEOPLE, Standing};
use super::super::store::{Settings, Store};
use crate::markup::Markup;

/// So many applications and tokens are shown, the newest first.
const SHOWN: usize = 20;

/// Who has an account, and how it stands.
pub(super) fn people(store: &Store) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"people\">\n<h2>Who is here</h2>\n");
    part.raw("<ul>\n");
    for (index, person) in PEOPLE.iter().enumerate() {
        part.raw("<li><bdi>").text(person.display_name).raw("</bdi> ").code(format_args!("@{}", person.username));
        match store.standing(index) {
            Standing::Active => part.raw("</li>\n"),
            standing => part.raw(": <strong>").text(standing.name()).raw("</strong></li>\n"),
        };
    }
    part.raw("</ul>\n<form method=\"post\" action=\"/sandbox/people\">\n<div class=\"grid\">\n");
    part.raw("<label class=\"field\">Let <select name=\"person\">\n");
    for person in &PEOPLE {
        part.raw("<option>").text(person.username).raw("</option>\n");
    }
    part.raw("</select></label>\n<label class=\"field\">be <select name=\"standing\">\n");
    for (_, name) in Standing::ALL {
        part.raw("<option>").text(name).raw("</option>\n");
    }
    part.raw("</select></label>\n</div>\n<p class=\"row\"><button class=\"quiet\">Change</button></p>\n</form>\n");
    part.raw("</section>\n");
    part
}

/// The applications that are registered.
pub(super) fn apps(store: &Store) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"apps\">\n<h2>Applications</h2>\n");
    if store.apps.is_empty() {
        part.raw("<p class=\"quiet\">None is registered.</p>\n</section>\n");
        return part;
    }
    for app in store.apps.iter().rev().take(SHOWN) {
        part.raw("<h3><bdi>").text(&app.name).raw("</bdi></h3>\n<p>").code(&app.client_id).raw("<br>");
        part.text(app.scopes.join(" ")).raw("<br>");
        for uri in &app.redirect_uris {
            part.code(uri).raw(" ");
        }
        part.raw("</p>\n<form method=\"post\" action=\"/sandbox/apps/forget\"><input type=\"hidden\" name=\"client_id\" value=\"");
        part.text(&app.client_id).raw("\"><p class=\"row\"><button class=\"quiet\">Forget it</button></p></form>\n");
    }
    more(&mut part, store.apps.len());
    button(&mut part, "/sandbox/apps/forget", "Forget all");
    part.raw(
        "<p class=\"quiet\">A forgotten application is unknown from then on, and its tokens are too.</p>\n</section>\n",
    );
    part
}

/// The tokens that were handed out.
pub(super) fn tokens(store: &Store, now: Timestamp) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"tokens\">\n<h2>Tokens</h2>\n");
    if store.tokens.is_empty() {
        part.raw("<p class=\"quiet\">None was handed out.</p>\n</section>\n");
        return part;
    }
    for token in store.tokens.iter().rev().take(SHOWN) {
        let whose =
            token.person.and_then(|person| PEOPLE.get(person)).map_or("the application itself", |who| who.display_name);
        part.raw("<form method=\"post\" action=\"/sandbox/tokens/revoke\">\n<p>Number ")
            .text(token.number)
            .raw(", of <bdi>");
        part.text(whose).raw("</bdi>, for <bdi>").text(&token.app.name).raw("</bdi>: ").text(token.scopes.join(" "));
        part.raw(". Since ").text(token.created_at);
        if let Some(end) = token.ends_at {
            part.raw(", until ").text(end);
        }
        match (token.is_revoked, token.is_live(now)) {
            (true, _) => part.raw(". Revoked.</p>\n"),
            (false, true) => part.raw(". <span class=\"good\">Lives.</span></p>\n"),
            (false, false) => part.raw(". Expired.</p>\n"),
        };
        part.raw("<input type=\"hidden\" name=\"number\" value=\"").text(token.number).raw("\">");
        part.raw("<p class=\"row\"><button class=\"quiet\">Revoke</button></p>\n</form>\n");
    }
    more(&mut part, store.tokens.len());
    button(&mut part, "/sandbox/tokens/revoke", "Revoke all");
    button(&mut part, "/sandbox/tokens/vacuum", "Drop revoked ones");
    part.raw("<p class=\"quiet\">Mastodon drops revoked tokens at night; from then on they are “invalid” rather than “revoked”.</p>\n");
    part.raw("</section>\n");
    part
}

/// What can be chosen.
pub(super) fn settings(settings: &Settings) -> Markup {
    let mut part = Markup::default();
    part.raw("<section class=\"card\" id=\"settings\">\n<h2>Time, limits, names</h2>\n");
    part.raw("<form method=\"post\" action=\"/sandbox/settings\">\n<div class=\"grid\">\n");
    let mut field = |label: &'static str, name: &'static str, value: String, hint: &'static str| {
        part.raw("<label class=\"field\">")
            .text(label)
            .raw(" <input name=\"")
            .text(name)
            .raw("\" value=\"")
            .text(value);
        part.raw("\" placeholder=\"").text(hint).raw("\"></label>\n");
    };
    let number = |number: u64| if number == 0 { String::new() } else { number.to_string() };
    field("The clock runs so many seconds ahead", "ahead", number(settings.ahead), "0");
    let expires_in = settings.expires_in.map(|seconds| seconds.to_string()).unwrap_or_default();
    field("Tokens live so many seconds", "expires_in", expires_in, "as the server does");
    let domain = settings.handle_domain.clone().unwrap_or_default();
    field("The domain of handles", "handle_domain", domain, "the server’s own");
    field("So many requests are throttled", "throttled", number(settings.throttled.into()), "0");
    let sends_token = if settings.sends_token { "true".to_owned() } else { String::new() };
    field("A token instead of a code: true", "sends_token", sends_token, "false");
    part.raw("</div>\n<p class=\"row\"><button>Set</button></p>\n</form>\n");
    button(&mut part, "/sandbox/limits/clear", "Forget what was counted for limits");
    button(&mut part, "/sandbox/reset", "Forget everything");
    part.raw("</section>\n");
    part
}

fn more(part: &mut Markup, all: usize) {
    if all > SHOWN {
        part.raw("<p class=\"quiet\">And ").text(all - SHOWN).raw(" older ones.</p>\n");
    }
}

fn button(part: &mut Markup, action: &'static str, label: &'static str) {
    part.raw("<form method=\"post\" action=\"").text(action).raw("\"><p class=\"row\"><button class=\"quiet\">");
    part.text(label).raw("</button></p></form>\n");
}
