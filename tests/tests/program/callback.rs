//! The truth table of callbacks, a row a line: what arrives, at which kind of provider, and what comes of it. For each row a
//! login is begun, goes through a browser and the provider, and its redirect is held back, spoilt, and let go.
//!
//! One row of the table is not here yet: a binding that is right in the session of another user of the dashboard, because there
//! is no dashboard.

use std::fmt::Write;

use Kind::{Acme, Implicit, VkCode, VkId};
use arrival::*;
use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    http::Reply,
    login::{Kind, Login, LoginStage, MASTODON},
    wait::at_once,
};
use rusqlite::Connection;

#[path = "callback/arrival.rs"]
mod arrival;

/// Every kind, and those that bring a code.
const ALL: &[Kind] = &[Acme, MASTODON, VkId, VkCode, Implicit];
const CODE: &[Kind] = &[Acme, MASTODON, VkId, VkCode];
const FRAGMENT: &[Kind] = &[Implicit];

/// A Mastodon that promises `iss`, which no released one does.
const PROMISING: Kind = Kind::Mastodon("doorkeeper-6");

/// A row: its number, what arrives, where it applies, how it is let arrive; status, `error_type`, codes that came to the token
/// endpoint, rows stored, and what becomes of the authorization.
type Row = (
    &'static str,
    &'static str,
    &'static [Kind],
    fn(&mut Case) -> Reply,
    u16,
    &'static str,
    usize,
    usize,
    &'static str,
);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("CB1",  "no state",                         ALL,      |case| case.without("state"),                400, "state_missing",       0, 0, "pending"),
    ("CB1",  "an empty state",                   ALL,      |case| case.with("state", ""),               400, "state_missing",       0, 0, "pending"),
    ("CB1",  "nothing at all",                   CODE,     |case| case.of(&vec![]),                      400, "state_missing",       0, 0, "pending"),
    ("CB2",  "an unknown state",                 ALL,      |case| case.with("state", UNKNOWN),          400, "state_unknown",       0, 0, "pending"),
    ("CB4",  "the same again",                   ALL,      again,                                       400, "state_used",          1, 1, "done"),
    ("CB4",  "another code, the same state",     CODE,     another_code,                                400, "state_used",          1, 1, "done"),
    ("CB5",  "another provider's address",       ALL,      elsewhere,                                   400, "context_mismatch",    0, 0, "failed context_mismatch"),
    ("CB6",  "no cookie",                        ALL,      |case| case.by(Browser::new()),              403, "binding_mismatch",    0, 0, "failed binding_mismatch"),
    ("CB6",  "another browser's cookie",         ALL,      other_browser,                               403, "binding_mismatch",    0, 0, "failed binding_mismatch"),
    ("CB6",  "two cookies of that name",         CODE,     two_cookies,                                 403, "binding_mismatch",    0, 0, "failed binding_mismatch"),
    ("CB8",  "iss of another issuer",            ISS,      |case| case.with("iss", "https://evil.example"), 400, "issuer_mismatch", 0, 0, "failed issuer_mismatch"),
    ("CB8",  "iss in capitals",                  ISS,      |case| case.iss(|iss| iss.to_uppercase()),   400, "issuer_mismatch",     0, 0, "failed issuer_mismatch"),
    ("CB8",  "iss with a path",                  ISS,      |case| case.iss(|iss| iss + "/x"),           400, "issuer_mismatch",     0, 0, "failed issuer_mismatch"),
    ("CB8",  "iss with a slash",                 &[Acme],  |case| case.iss(|iss| iss + "/"),            400, "issuer_mismatch",     0, 0, "failed issuer_mismatch"),
    ("CB8",  "iss of another issuer, an error",  ISS,      other_issuer_declines,                       400, "issuer_mismatch",     0, 0, "failed issuer_mismatch"),
    ("CB9",  "iss promised, and not there",      PROMISED, |case| case.without("iss"),                  400, "issuer_missing",      0, 0, "failed issuer_missing"),
    ("CB10", "iss not promised, and right",      &[MASTODON], |case| case.iss(|iss| iss),               303, "",                    1, 1, "done"),
    ("CB10", "iss of a server without metadata", &[VkId],  |case| case.with("iss", "https://id.vk.ru"), 303, "",                    1, 1, "done"),
    ("CB11", "the person declined",              CODE,     |case| case.error("access_denied"),          200, "",                    0, 0, "denied access_denied"),
    ("CB11", "the person declined",              FRAGMENT, |case| case.error("access_denied"),          400, "access_denied",       0, 0, "denied access_denied"),
    ("CB12", "an error, an unknown state",       ALL,      unknown_error,                               400, "state_unknown",       0, 0, "pending"),
    ("CB12", "an error, no state",               ALL,      stateless_error,                             400, "state_missing",       0, 0, "pending"),
    ("CB12", "an error with its state",          ALL,      |case| case.error("server_error"),           502, "provider_refused",    0, 0, "failed server_error"),
    ("CB13", "a code and an error",              CODE,     |case| case.with("error", "server_error"),   400, "invalid_callback",    0, 0, "failed code_and_error"),
    ("CB13", "neither of them",                  ALL,      neither,                                     400, "invalid_callback",    0, 0, "failed invalid_callback"),
    ("CB14", "state twice",                      ALL,      |case| case.twice("state"),                  400, "duplicate_parameter", 0, 0, "pending"),
    ("CB14", "code twice",                       CODE,     |case| case.twice("code"),                   400, "duplicate_parameter", 0, 0, "pending"),
    ("CB14", "iss twice",                        PROMISED, |case| case.twice("iss"),                    400, "duplicate_parameter", 0, 0, "pending"),
    ("CB14", "error twice",                      CODE,     error_twice,                                 400, "duplicate_parameter", 0, 0, "pending"),
    ("CB14", "access_token twice",               FRAGMENT, |case| case.twice("access_token"),           400, "invalid_format",      0, 0, "failed invalid_format"),
    ("CB15", "an empty code",                    CODE,     |case| case.with("code", ""),                400, "code_malformed",      0, 0, "failed code_malformed"),
    ("CB15", "a code of 4097 bytes",             CODE,     |case| case.with("code", &"c".repeat(4097)), 400, "code_malformed",      0, 0, "failed code_malformed"),
    ("CB15", "a code that is not ASCII",         CODE,     |case| case.with("code", "код"),             400, "code_malformed",      0, 0, "failed code_malformed"),
    ("CB15", "a code with a control character",  CODE,     |case| case.with("code", "a\u{7}b"),         400, "code_malformed",      0, 0, "failed code_malformed"),
    ("CB16", "a token in the query",             CODE,     |case| case.with("access_token", "injected"), 400, "token_in_query",     0, 0, "failed token_in_query"),
    ("CB16", "a token in a form",                CODE,     token_in_form,                               405, "method_not_allowed",  0, 0, "pending"),
    ("CB16", "a token in the query",             FRAGMENT, |case| case.in_query(),                      303, "",                    0, 1, "done"),
    ("CB16", "a code where a token was asked",   FRAGMENT, code_for_token,                              400, "invalid_callback",    0, 0, "failed invalid_callback"),
    ("CB17", "HEAD",                             ALL,      |case| case.method("HEAD"),                  405, "",                    0, 0, "pending"),
    ("CB17", "POST",                             ALL,      |case| case.method("POST"),                  405, "method_not_allowed",  0, 0, "pending"),
    ("CB17", "PUT",                              ALL,      |case| case.method("PUT"),                   405, "method_not_allowed",  0, 0, "pending"),
    ("CB17", "OPTIONS",                          ALL,      |case| case.method("OPTIONS"),               405, "method_not_allowed",  0, 0, "pending"),
    ("CB17", "TRACE",                            ALL,      |case| case.method("TRACE"),                 405, "method_not_allowed",  0, 0, "pending"),
    ("CB17", "JSON of another site's page",      ALL,      |case| case.json_from("https://evil.example", "cross-site"), 403, "cross_origin", 0, 0, "pending"),
    ("CB17", "JSON of another port's page",      ALL,      |case| case.json_from("http://127.0.0.1:1", "same-site"), 403, "cross_origin", 0, 0, "pending"),
    ("CB18", "prefetched",                       ALL,      |case| case.saying(&[("Sec-Purpose", "prefetch")]), 403, "not_a_navigation", 0, 0, "pending"),
    ("CB18", "prerendered",                      ALL,      |case| case.saying(&[("Sec-Purpose", "prefetch;prerender")]), 403, "not_a_navigation", 0, 0, "pending"),
    ("CB18", "in a frame",                       ALL,      |case| case.saying(&[("Sec-Fetch-Dest", "iframe")]), 403, "not_a_navigation", 0, 0, "pending"),
    ("CB18", "fetched by a script",              ALL,      |case| case.saying(&[("Sec-Fetch-Mode", "cors")]), 403, "not_a_navigation", 0, 0, "pending"),
    ("CB19", "for another host",                 ALL,      |case| case.saying(&[("Host", "evil.example")]), 421, "wrong_host",      0, 0, "pending"),
    ("CB20", "unknown parameters",               ALL,      unknown_parameters,                          303, "",                    1, 1, "done"),
    ("CB21", "as it should be",                  ALL,      |case| case.held.arrive(),                   303, "",                    1, 1, "done"),
    ("CB23", "the code is refused",              CODE,     |case| case.at_fault("error:invalid_grant"), 502, "provider_refused",    1, 0, "failed invalid_grant"),
    ("CB23", "our client is refused",            CODE,     |case| case.at_fault("error:invalid_client@401"), 502, "client_refused", 1, 0, "failed invalid_client"),
    ("CB24", "the answer is lost",               CODE,     |case| case.at_fault("lost"),                503, "provider_unavailable", 1, 0, "unknown broken"),
    ("CB24", "the connection is reset",          CODE,     |case| case.at_fault("reset"),               503, "provider_unavailable", 1, 0, "unknown broken"),
    ("CB24", "HTTP 500",                         CODE,     |case| case.at_fault("http:500"),            503, "provider_unavailable", 1, 0, "unknown http_500"),
    ("CB26", "after it was given up",            ALL,      given_up,                                    400, "state_used",          0, 0, "failed given_up"),
    ("CB27", "more than 8 KiB",                  CODE,     |case| case.with("x", &"x".repeat(8192)),    414, "uri_too_long",        0, 0, "pending"),
    ("CB27", "more than 8 KiB",                  FRAGMENT, |case| case.with("x", &"x".repeat(8192)),    414, "uri_too_long",        0, 0, "pending"),
    ("CB28", "less was granted",                 &[Acme, VkId], |case| case.granted_less(),             303, "",                    1, 1, "done"),
];

/// Kinds with an issuer, and those whose issuer promises to send it.
const ISS: &[Kind] = &[Acme, MASTODON];
const PROMISED: &[Kind] = &[Acme, PROMISING];

/// What came of a row at a kind.
struct Outcome {
    line: String,
    faults: Vec<String>,
    kind: Kind,
    exchanges: usize,
}

fn play(stage: &LoginStage, number: usize, row: &Row, kind: Kind) -> Outcome {
    let (id, what, _, arrive, status, error_type, exchanges, stored, fate) = row;
    if let Kind::Mastodon(name) = kind {
        stage.providers.mastodon(name).switch("limits/clear");
    }
    let owner = format!("row-{number}-{}", kind.title().replace(' ', "-"));
    let held = stage.held(&owner, kind);
    let before = stage.exchanges(kind);
    let mut case = Case { stage, kind, owner, held };
    let reply = arrive(&mut case);
    let client = stage.client(&case.owner);
    let found =
        (reply.status, reply.error_type(), stage.exchanges(kind) - before, client.list().len(), case.held.login.fate());
    // Of a fragment our page is told where to go on.
    let (is_implicit, is_page) = (kind == Implicit, case.held.in_fragment);
    let status = if is_page && *status == 303 { 200 } else { *status };
    let exchanges = if is_implicit { 0 } else { *exchanges };
    let expected = (status, (*error_type).to_owned(), exchanges, *stored, (*fate).to_owned());
    let mut faults = Vec::new();
    if found != expected {
        faults.push(format!("{id} {what}, {kind:?}: {found:?}, not {expected:?}"));
    }
    faults
        .extend(ending_fault(stage, &mut case, &reply, *stored).map(|fault| format!("{id} {what}, {kind:?}: {fault}")));
    let (status, error_type, exchanges, stored, fate) = found;
    let line = format!(
        "{id:<5} {what:<34} {:<12} {status:<4} {error_type:<21} {exchanges:>9} {stored:>6}  {fate}",
        kind.title()
    );
    Outcome { line, faults, kind, exchanges }
}

/// What is said at the end: an address without a query, a page that tells it all to this browser, and nothing to another.
fn ending_fault(stage: &LoginStage, case: &mut Case<'_>, reply: &Reply, stored: usize) -> Option<String> {
    let place = match reply.status {
        303 => reply.header("location")?.to_owned(),
        200 if case.held.in_fragment && stored == 1 => reply.json()["location"].as_str()?.to_owned(),
        _ => return None,
    };
    if place != format!("/done/{}", case.held.login.id) {
        return Some(format!("it ends at {place}"));
    }
    let place = stage.at(&place);
    let (here, there) = (case.held.browser.open(&place).reply, Browser::new().open(&place).reply);
    let told = (here.status, there.status, here.body.contains("Signed in"), there.body.contains("Signed in"));
    (told != (200, 200, true, false)).then(|| format!("the last page: {told:?}"))
}

#[test]
fn the_truth_table_of_callbacks() {
    let stage = LoginStage::new();
    let jobs = |kinds: &'static [Kind]| {
        let stage = &stage;
        move || {
            let mut outcomes = Vec::new();
            for (number, row) in ROWS.iter().enumerate() {
                for kind in row.2.iter().filter(|kind| kinds.contains(kind)) {
                    outcomes.push((number, play(stage, number, row, *kind)));
                }
            }
            outcomes
        }
    };
    // Kinds at one server share its faults: they take turns.
    let groups: [&'static [Kind]; 3] = [&[Acme], &[MASTODON, PROMISING], &[VkId, VkCode, Implicit]];
    let mut outcomes: Vec<_> = at_once(groups.map(jobs)).into_iter().flatten().collect();
    outcomes.sort_by_key(|(number, _)| *number);
    println!(
        "row   what arrives                       provider     HTTP error_type            exchanges stored  authorization"
    );
    let mut faults = Vec::new();
    for (_, outcome) in &outcomes {
        println!("{}", outcome.line);
        faults.extend(&outcome.faults);
    }
    println!("{} rows", outcomes.len());
    // No code was sent again later, when nobody looked.
    for kind in [Acme, MASTODON, PROMISING, VkId, VkCode] {
        let counted = outcomes.iter().filter(|(_, outcome)| outcome.kind == kind).map(|(_, outcome)| outcome.exchanges);
        assert_eq!(stage.exchanges(kind), counted.sum::<usize>(), "{kind:?}");
    }
    let mut text = String::new();
    faults.iter().for_each(|fault| writeln!(text, "{fault}").unwrap());
    assert!(faults.is_empty(), "{} wrong:\n{text}", faults.len());
    assert_eq!(stage.providers.vk.asked()["elsewhere"], 0);
}

/// Ten minutes cannot be waited for: the row is made older while the server is away.
#[test]
fn what_comes_after_ten_minutes_is_too_late() {
    let mut stage = LoginStage::new();
    let mut held: Vec<_> =
        ALL.iter().map(|kind| (*kind, stage.held(kind.title().split(' ').next_back().unwrap(), *kind))).collect();
    let unspent = stage.begin("acme", Acme);
    stage.meanwhile(|stage| {
        let database = Connection::open(stage.home.file("grantkeep.db")).unwrap();
        let aged = database
            .execute("UPDATE authorization SET created_at = created_at - 601, expires_at = expires_at - 601", []);
        assert_eq!(aged.unwrap(), held.len() + 1);
    });
    for (kind, held) in &mut held {
        let reply = held.arrive();
        assert_eq!((reply.status, reply.error_type().as_str()), (400, "state_expired"), "{kind:?}: {}", reply.body);
        assert_eq!(held.login.fate(), "expired", "{kind:?}");
        assert_eq!(stage.exchanges(*kind), 0, "{kind:?}");
        assert_eq!(held.login.client.list().len(), 0, "{kind:?}");
        println!("CB3   {:<12} {} {}", kind.title(), reply.status, reply.error_type());
    }
    let reply = Browser::new().look(&unspent.address("connect_url")).reply;
    assert_eq!((reply.status, reply.error_type().as_str()), (404, "ticket_unknown"));
}

/// OAuth 2.1 §7.5.1: after a refusal nothing is used again.
#[test]
fn a_login_that_is_begun_again_has_fresh_values() {
    let stage = LoginStage::new();
    for kind in [Acme, MASTODON, VkId] {
        let values = |login: &Login| {
            let url = login.address("authorization_url");
            let value = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
            [value("state"), value("code_challenge"), login.ticket(), login.id.clone()]
        };
        let (one, other) = (stage.begin("me", kind), stage.begin("me", kind));
        assert_eq!(one.address("authorization_url").query_pairs().filter(|(name, _)| name == "state").count(), 1);
        for (one, other) in values(&one).into_iter().zip(values(&other)) {
            assert_ne!(one, other, "{kind:?}");
        }
    }
}

/// What comes when nobody listens any more is refused by the machine itself.
#[test]
fn a_server_that_has_ended_takes_nothing() {
    let mut stage = LoginStage::new();
    let mut held = stage.held("me", Acme);
    stage.meanwhile(|stage| {
        let gone = held.browser.try_send("GET", &held.url, &FROM_ELSEWHERE, None).unwrap_err();
        assert_eq!(gone.kind(), std::io::ErrorKind::ConnectionRefused);
        assert_eq!(stage.exchanges(Acme), 0);
    });
    // It waits on the disk all the same: a restart ends no login.
    assert_eq!(held.arrive().status, 303);
    assert_eq!(held.login.fate(), "done");
}
