//! Owns which part answers which path, and what every answer of a server has in common: who may ask how often, and with which
//! headers.

use grantkeep_core::Timestamp;
use http::header::{HOST, USER_AGENT};
use http::{Method, Uri};

use super::authorize::{self, Outcome};
use super::fault::object;
use super::limit::{self, Limit, State, Subject};
use super::param::Params;
use super::personality::{Dialect, RateHeaders};
use super::store::Store;
use super::visit::Visit;
use super::{Mastodon, account, app, bearer, control, instance, page, revoke, session, token};
use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::{ELSEWHERE, Endpoint, Wanted};
use crate::gate;
use crate::reply::{Ending, Plan, Reply, page as page_reply, problem, redirect};

/// The endpoints, as they are called where faults are set.
pub(super) static ENDPOINTS: [Endpoint; 13] = [
    ("apps", "POST /api/v1/apps"),
    ("apps/verify_credentials", "GET /api/v1/apps/verify_credentials"),
    ("authorize", "/oauth/authorize, before anything is sent to the application"),
    ("redirect", "what /oauth/authorize sends to the application"),
    ("token", "POST /oauth/token"),
    ("revoke", "POST /oauth/revoke"),
    ("userinfo", "/oauth/userinfo"),
    ("verify_credentials", "GET /api/v1/accounts/verify_credentials"),
    ("instance/v1", "GET /api/v1/instance"),
    ("instance/v2", "GET /api/v2/instance"),
    ("metadata", "GET /.well-known/oauth-authorization-server"),
    ("nodeinfo", "GET /.well-known/nodeinfo and /nodeinfo/2.0"),
    ("webfinger", "GET /.well-known/webfinger"),
];

type Handler = fn(&mut Visit<'_>) -> Reply;

/// What is at a path.
enum Place {
    /// `/oauth/authorize`, whose answer may be a page or go to the application.
    Authorize,
    /// One of the [`ENDPOINTS`].
    Endpoint(&'static str, Handler),
    /// A page that is for people alone.
    Page(Handler),
}

/// Plans the answer to a request.
pub(super) fn plan(server: &Mastodon, ask: &Ask, at: Moment) -> Plan {
    if let Some(reply) = server.desk.control(ask, at) {
        return reply.into();
    }
    if let Some(switch) = ask.path.strip_prefix("/sandbox/") {
        return control::answer(server, switch, ask, at).into();
    }
    if let Some(reply) = at_handle_domain(server, ask) {
        return reply.into();
    }
    let path = ask.path.strip_prefix(ELSEWHERE).unwrap_or(&ask.path);
    if path == "/" {
        return page_reply(200, page::home(server, at)).into();
    }
    match place(&ask.method, path) {
        Some(Place::Authorize) => authorization(server, ask, at),
        Some(Place::Endpoint(name, handler)) => {
            server.desk.answer(name, ask, at, |wanted| serve(server, ask, at, wanted, handler))
        }
        Some(Place::Page(handler)) => serve(server, ask, at, &Wanted::default(), own(handler, ask)).into(),
        None => serve(server, ask, at, &Wanted::default(), |visit| missing(visit)).into(),
    }
}

fn place(method: &Method, path: &str) -> Option<Place> {
    let get = matches!(*method, Method::GET | Method::HEAD);
    let post = *method == Method::POST;
    Some(match path {
        "/oauth/authorize" if get || post => Place::Authorize,
        "/api/v1/apps" if post => Place::Endpoint("apps", app::register),
        "/api/v1/apps/verify_credentials" if get => {
            Place::Endpoint("apps/verify_credentials", |visit| app::check(visit))
        }
        "/oauth/token" if post => Place::Endpoint("token", token::answer),
        "/oauth/revoke" if post => Place::Endpoint("revoke", revoke::answer),
        "/oauth/userinfo" if get || post => Place::Endpoint("userinfo", userinfo),
        "/api/v1/accounts/verify_credentials" if get => {
            Place::Endpoint("verify_credentials", |visit| account::verify_credentials(visit))
        }
        "/api/v1/instance" if get => Place::Endpoint("instance/v1", |visit| instance::v1(visit)),
        "/api/v2/instance" if get => Place::Endpoint("instance/v2", |visit| instance::v2(visit)),
        "/.well-known/oauth-authorization-server" if get => {
            Place::Endpoint("metadata", |visit| instance::metadata(visit))
        }
        "/.well-known/nodeinfo" if get => Place::Endpoint("nodeinfo", |visit| instance::nodeinfo_links(visit)),
        "/nodeinfo/2.0" if get => Place::Endpoint("nodeinfo", |visit| instance::nodeinfo(visit)),
        "/.well-known/webfinger" if get => Place::Endpoint("webfinger", |visit| account::webfinger(visit)),
        "/oauth/authorize/native" if get => Place::Page(authorize::native),
        session::SIGN_IN if get => Place::Page(session::sign_in_page),
        session::SIGN_IN if post => Place::Page(session::sign_in),
        "/auth/sign_out" if post => Place::Page(session::sign_out),
        "/auth/setup" if get => Place::Page(session::setup),
        _ => return None,
    })
}

/// The handler, unless a form comes from another site's page.
fn own(handler: Handler, ask: &Ask) -> Handler {
    if gate::is_own(ask) { handler } else { |_| problem(403, "this comes from another site's page") }
}

fn userinfo(visit: &mut Visit<'_>) -> Reply {
    if visit.personality.api.has_userinfo { account::userinfo(visit) } else { missing(visit) }
}

/// The page is one endpoint, and what goes to the application another.
fn authorization(server: &Mastodon, ask: &Ask, at: Moment) -> Plan {
    if !gate::is_own(ask) {
        return problem(403, "this comes from another site's page").into();
    }
    let mut is_sent = false;
    let plan = server.desk.answer("authorize", ask, at, |wanted| {
        serve(server, ask, at, wanted, |visit| match authorize::answer(visit) {
            Outcome::Page(reply) => reply,
            Outcome::Sent(reply) => {
                is_sent = true;
                reply
            }
        })
    });
    match plan.ending {
        Ending::Answer(reply) if is_sent => {
            let sent = server.desk.answer("redirect", ask, at, |_| *reply);
            Plan { delay: plan.delay + sent.delay, ending: sent.ending }
        }
        ending => Plan { delay: plan.delay, ending },
    }
}

/// Lets a handler answer, within the limits.
fn serve(
    server: &Mastodon,
    ask: &Ask,
    at: Moment,
    wanted: &Wanted,
    handler: impl FnOnce(&mut Visit<'_>) -> Reply,
) -> Reply {
    let personality = server.personality;
    if personality.api.needs_user_agent && ask.header(USER_AGENT.as_str()).is_none_or(|value| value.trim().is_empty()) {
        return object(418, "I'm a teapot: no user-agent sent with request");
    }
    let Some(params) = Params::read(ask, personality.api.decodes_first) else {
        return object(400, "the body is no JSON object");
    };
    let mut store = server.store();
    let now = store.now(at.wall);
    let is_api = ask.path.starts_with("/api/");
    let is_limited = match personality.api.rate {
        RateHeaders::Absent => false,
        RateHeaders::Api => is_api,
        RateHeaders::Everywhere => true,
    };
    let state = if is_limited { count(server, &mut store, ask, &params, now) } else { None };
    let is_for_programs = is_api || matches!(ask.path.as_str(), "/oauth/token" | "/oauth/revoke" | "/oauth/userinfo");
    let is_throttled = is_for_programs && store.settings.throttled > 0;
    if is_throttled {
        store.settings.throttled -= 1;
    }
    let mut reply = if is_throttled || state.is_some_and(|state| state.is_exceeded) {
        throttled(personality.dialect)
    } else {
        let base = ask.header(HOST.as_str()).map_or_else(|| server.site.base.clone(), |host| format!("http://{host}"));
        handler(&mut Visit { ask, params, personality, store: &mut store, now, base, wanted })
    };
    if let Some(state) = state {
        let state = if is_throttled { state.exhausted() } else { state };
        state.write(&mut reply);
    }
    reply
}

fn count(server: &Mastodon, store: &mut Store, ask: &Ask, params: &Params, now: Timestamp) -> Option<State> {
    let of_address = Subject::Address(ask.caller);
    if server.personality.api.rate == RateHeaders::Everywhere {
        return store.windows.count(&[(Limit::Address, of_address)], now);
    }
    if ask.path == "/api/v1/apps" && server.personality.registration.is_limited {
        return store.windows.count(&[(Limit::Apps, limit::network(ask.caller))], now);
    }
    let token = bearer::shown(ask, params).and_then(|shown| {
        let token = store.token(shown.expose())?;
        Some((token.number, token.person))
    });
    let whom = match token {
        Some((number, person)) => {
            let of_person = person.map(|person| (Limit::Person, Subject::Number(person as u64)));
            std::iter::once((Limit::Token, Subject::Number(number))).chain(of_person).collect()
        }
        None => vec![(Limit::Address, of_address)],
    };
    store.windows.count(&whom, now)
}

fn throttled(dialect: Dialect) -> Reply {
    object(
        429,
        match dialect {
            Dialect::Akkoma => "Throttled",
            Dialect::GoToSocial => "rate limit reached",
            _ => "Too many requests",
        },
    )
}

/// Under the domain of handles nothing is served but the way from there.
fn at_handle_domain(server: &Mastodon, ask: &Ask) -> Option<Reply> {
    let domain = server.store().settings.handle_domain.clone()?;
    let host = ask.header(HOST.as_str())?;
    if host != domain || server.site.base.trim_start_matches("http://") == host {
        return None;
    }
    let web_finger = "/.well-known/webfinger";
    Some(match ask.path.as_str() {
        path if path == web_finger => redirect(301, &format!("{}{web_finger}?{}", server.site.base, ask.raw_query)),
        _ => problem(404, "this is the domain of the handles; the server is elsewhere"),
    })
}

/// Nothing is there: JSON for programs, a page for people.
pub(super) fn missing(visit: &Visit<'_>) -> Reply {
    if visit.ask.path.starts_with("/api/") {
        return object(404, "Not Found");
    }
    page_reply(404, page::notice(visit, "Nothing here", "The page you are looking for isn't here."))
}

/// Whether that names a host, with or without a port.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some_and(|authority| authority.as_str() == text))
}
