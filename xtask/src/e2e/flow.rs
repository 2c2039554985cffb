//! The list of flows, and what they have in common. A flow is one story with one server: it fails with a sentence that says what was not so.

mod clock;
mod django;
mod mastodon;
mod notice;
mod oidc;
mod plain;
mod renewal;
mod sandbox;

use super::browser::{Page, Visit};
use super::child::Ended;
use super::program::{Home, Login};
use super::server::{Server, World};
use super::wire;

/// Nothing, or what was not as it should be.
pub(super) type Done = Result<(), String>;

#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) name: &'static str,
    /// None: the sandbox, which our binary brings along.
    pub(super) needs: Option<Server>,
    /// What a pass has shown.
    pub(super) shows: &'static str,
    pub(super) run: fn(&World) -> Done,
}

const fn flow(name: &'static str, needs: Server, run: fn(&World) -> Done, shows: &'static str) -> Flow {
    Flow { name, needs: Some(needs), shows, run }
}

const fn at_home(name: &'static str, run: fn(&World) -> Done, shows: &'static str) -> Flow {
    Flow { name, needs: None, shows, run }
}

/// The servers alone first: when one of those fails, it is not us.
pub(super) const FLOWS: &[Flow] = &[
    flow(
        "plain/oidc",
        Server::Oidc,
        plain::oidc,
        "the server alone: PKCE, `iss`, refresh tokens that rotate, the end of a grant of which one is used twice",
    ),
    flow("plain/device", Server::Oidc, plain::device, "the server alone: a device code"),
    flow("plain/django", Server::Django, plain::django, "the server alone: a token in the fragment, a device code"),
    flow(
        "plain/django-refresh",
        Server::Django,
        plain::django_refresh,
        "the server alone: what a refresh token used twice costs, with and without protection",
    ),
    flow(
        "plain/doorkeeper",
        Server::Doorkeeper,
        plain::doorkeeper,
        "the server alone: a refresh token, which lives until its successor is used",
    ),
    flow(
        "plain/mastodon",
        Server::Mastodon,
        plain::mastodon,
        "the server alone: token reuse, error pages with status 200",
    ),
    flow("oidc/code", Server::Oidc, oidc::code, "a public client: discovery, PKCE, `iss`"),
    flow("oidc/basic", Server::Oidc, oidc::basic, "a secret in the header, with signs that must be encoded"),
    flow("oidc/post", Server::Oidc, oidc::post, "a secret in the form"),
    flow("oidc/deny", Server::Oidc, oidc::deny, "declined: said so, nothing kept"),
    flow("oidc/wrong-secret", Server::Oidc, oidc::wrong_secret, "a wrong client secret: refused, nothing kept"),
    flow(
        "oidc/stranger",
        Server::Oidc,
        oidc::stranger,
        "a callback with an unknown state: refused, and the login goes on",
    ),
    flow("oidc/mix-up", Server::Oidc, oidc::mix_up, "an answer in another issuer's name: refused, nothing kept"),
    flow("oidc/replay", Server::Oidc, oidc::replay, "the same callback again: refused, the credential stays"),
    flow("oidc/paste", Server::Oidc, oidc::paste, "the address pasted, where no browser could reach us"),
    flow("oidc/device", Server::Oidc, oidc::device, "a device code"),
    flow("oidc/device-deny", Server::Oidc, oidc::device_deny, "a device code, declined"),
    flow("oidc/service", Server::Oidc, oidc::service, "a service account: nobody is needed, ten renewals, `revoke`"),
    flow("oidc/connect", Server::Oidc, oidc::connect, "a running server: the API, its connect link, the callback"),
    flow("oidc/remote", Server::Oidc, oidc::remote, "a running server: `login --remote`"),
    flow("oidc/rotate", Server::Oidc, renewal::oidc_rotate, "50 `token` at once: one refresh; then ten in a row"),
    flow("oidc/rotate-served", Server::Oidc, renewal::oidc_rotate_served, "the same beside a running server"),
    flow(
        "oidc/serve-renews",
        Server::Oidc,
        renewal::oidc_serve,
        "a running server renews by itself, once, before the end",
    ),
    flow("oidc/revoke", Server::Oidc, renewal::oidc_revoke, "`revoke`: the whole grant has ended at the server"),
    flow("django/code", Server::Django, django::code, "addresses without discovery, a secret in the form"),
    flow("django/deny", Server::Django, django::deny, "declined"),
    flow("django/implicit", Server::Django, django::implicit, "a token in the fragment, through our page"),
    flow("django/implicit-deny", Server::Django, django::implicit_deny, "declined, told in the query or the fragment"),
    flow("django/device", Server::Django, django::device, "a device code"),
    flow("django/device-deny", Server::Django, django::device_deny, "a device code, declined"),
    flow("django/refresh", Server::Django, renewal::django, "20 `token` at once: one refresh; then five in a row"),
    flow(
        "django/refresh-strict",
        Server::Django,
        renewal::django_protected,
        "the same where a refresh token used twice ends all that came of the login",
    ),
    flow(
        "doorkeeper/rotate",
        Server::Doorkeeper,
        renewal::doorkeeper,
        "20 `token` at once: one refresh; then ten in a row",
    ),
    flow("mastodon/code", Server::Mastodon, mastodon::code, "registration, code, identity"),
    flow("mastodon/older", Server::OldMastodon, mastodon::older, "4.2: no metadata, no PKCE"),
    flow("mastodon/deny", Server::Mastodon, mastodon::deny, "declined"),
    flow(
        "mastodon/twice",
        Server::Mastodon,
        mastodon::twice,
        "two logins: one registration, one credential, the same token",
    ),
    flow(
        "mastodon/forgotten",
        Server::Mastodon,
        mastodon::forgotten,
        "the server forgot our application: registered anew",
    ),
    flow(
        "mastodon/error-page",
        Server::Mastodon,
        mastodon::error_page,
        "an error page that leads nowhere: time out, then healed",
    ),
    flow(
        "mastodon/another",
        Server::Mastodon,
        mastodon::another,
        "another person under the same name: refused, the first stays",
    ),
    flow("mastodon/paste", Server::Mastodon, mastodon::paste, "a code, pasted"),
    flow("mastodon/own-token", Server::Mastodon, mastodon::own_token, "a token made in the server's settings"),
    at_home("sandbox/mastodon", sandbox::mastodon, "each of the emulated Mastodons and their kin"),
    at_home("sandbox/acme", sandbox::acme, "the emulated OAuth 2.0 server"),
    at_home("sandbox/acme-device", sandbox::acme_device, "a device code there"),
    at_home("sandbox/remote", sandbox::remote, "the same by `login --remote`"),
    at_home("sandbox/vk-id", sandbox::vk_id, "the emulated VK ID"),
    at_home("sandbox/vk-code", sandbox::vk_code, "the emulated VK's legacy code flow"),
    at_home(
        "sandbox/vk-paste-box",
        sandbox::vk_paste_box,
        "the address of VK's blank page, pasted into the connect page",
    ),
    at_home(
        "sandbox/vk-bookmarklet",
        sandbox::vk_bookmarklet,
        "the connect page's bookmark, clicked on VK's blank page",
    ),
    at_home("sandbox/vk-fragment", sandbox::vk_fragment, "VK's token in the fragment, through our page"),
    at_home("sandbox/phone", sandbox::phone, "our pages on a phone and a desktop, light and dark"),
    at_home("notice/one-tap", notice::one_tap, "a message's link on a phone: VK's token renewed in two taps, once"),
    at_home(
        "notice/one-tap-blank",
        notice::one_tap_blank,
        "the same where VK leads to its blank page: opened, allowed, copied, pasted",
    ),
    at_home(
        "notice/one-tap-mastodon",
        notice::one_tap_mastodon,
        "the same at a server of Mastodon's kin whose tokens end",
    ),
    at_home(
        "notice/reference",
        notice::reference,
        "a webhook's signature, verified by the reference library of Standard Webhooks",
    ),
    at_home(
        "clock/jump",
        clock::jump,
        "the clock is set by an hour, a year, to 1970 and 2038, and back, or the machine sleeps: nothing is lost",
    ),
    at_home("clock/herd", clock::herd, "many grants with one end: renewed one after the other in their last fifth"),
    at_home(
        "clock/overdue",
        clock::overdue,
        "many that are overdue when the server starts: fifty a second, none too late",
    ),
];

impl Flow {
    /// Is it meant by this word of the command line: its name, or how that begins?
    pub(super) fn answers_to(&self, word: &str) -> bool {
        self.name == word || self.name.strip_prefix(word).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Without our binary.
    pub(super) fn is_plain(&self) -> bool {
        self.answers_to("plain")
    }
}

pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Done {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Opens what a login waits for, and gives back its end and the page that the person sees then.
fn visit(world: &World, mut login: Login, order: Visit<'_>) -> Result<(Ended, Page), String> {
    let address = login.address()?;
    let page = world.browser()?.visit(Visit { open: &address, ..order })?;
    let ended = login.end().map_err(|finding| format!("{finding}\nthe person sees: {page:?}"))?;
    Ok((ended, page))
}

/// The page that we show at the end is ours alone: no code or token in the address bar, and nothing asked of anybody else.
fn clean(world: &World, page: &Page) -> Done {
    let ours = world.callback();
    ensure(page.address.starts_with(&ours), || format!("the person is left at {}", page.address))?;
    for name in ["code", "access_token", "state", "error"] {
        let left = wire::parameter(&page.address, name);
        ensure(left.is_none(), || format!("`{name}` stays in the address bar: {}", page.address))?;
    }
    let secret = |entry: &&String| {
        let ours = entry.starts_with(&ours);
        let left = |name: &str| wire::parameter(entry, name).is_some();
        left("access_token") || (ours && (left("code") || left("state") || left("error")))
    };
    let left = page.history.iter().find(secret);
    ensure(left.is_none(), || format!("the history keeps {left:?}"))?;
    let stranger = page.requests.iter().find(|(from, to)| from.starts_with(&ours) && !to.starts_with(&ours));
    ensure(stranger.is_none(), || format!("our page asks somebody else: {stranger:?}"))
}

/// One confirmed credential, whose token speaks for `person` at `userinfo`.
fn keeps(home: &Home, provider: &str, userinfo: &str, person: &str) -> Done {
    let credential = home.confirmed()?;
    ensure(credential["provider"] == provider, || format!("kept for another provider: {credential}"))?;
    speaks_for(&home.token(provider)?, userinfo, person)
}

fn speaks_for(token: &str, userinfo: &str, person: &str) -> Done {
    let told = wire::get(userinfo, Some(token))?.expect(200)?;
    let name = told.text("preferred_username").or_else(|_| told.text("username"))?;
    ensure(name == person, || format!("the token speaks for {name}, not for {person}"))
}

/// The person declined: said so in words, by a code that scripts can read; nothing is kept.
fn declined(home: &Home, ended: Ended) -> Done {
    let ended = ended.failed(&[1, 3], &[])?;
    let words = ["declin", "denied", "refused"];
    ensure(words.iter().any(|word| ended.stderr.contains(word)), || format!("does not say what happened: {ended:?}"))?;
    home.nothing_kept()
}
