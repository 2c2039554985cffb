//! Owns the words of logging in: what a person is asked to do, and what became of it.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use serde_json::Value;

use crate::{
    console::printable,
    fault::{CliFault, Kind},
};

pub(crate) const PASTE_PROMPT: &str = "Paste here (it is not shown), then press Enter: ";
pub(crate) const PASTE_WHAT: &str = "A token, the address with it, or JSON in one line.";

pub(crate) const OPEN_HERE: &str = "Open this address in a browser on this machine, and go on from there:";
pub(crate) const OPEN_ANYWHERE: &str = "Open this address on any device, and go on from there:";
pub(crate) const OPENED: &str = "A browser opens now. If it does not, open the address yourself.";
pub(crate) const WAITING: &str = "Waiting for the browser (Ctrl-C gives up) ...";
pub(crate) const ASKING: &str = "Asking the provider (Ctrl-C gives up) ...";
pub(crate) const NO_BROWSER_HERE: &str = "\
There is no browser on this machine to open it with. If yours reaches this machine (ssh -L, a shared screen), open it there:
this goes on waiting. If not, press Ctrl-C and choose another way:
  --paste       open a page anywhere, and paste its address or code here
  --device      type a short code on another device, where the provider offers that
  --remote      finish on another device through a running server (grantkeep serve)
  --no-browser  the same as now, without these words";
pub(crate) const ON_THIS_MACHINE_ONLY: &str = "\
This link works on the server's own machine only. To finish on another device, set GRANTKEEP_PUBLIC_URL to the address by
which that device reaches the server, and restart the server.";

/// The address stands alone on its line, so that it can be copied whole.
pub(crate) fn to_open(what: &str, url: &str) -> String {
    format!("{what}\n\n{url}\n")
}

pub(crate) fn by_device(code: &str, url: &str) -> String {
    format!("Open this address on any device, and type this code there:\n\n{}\n\n{url}\n", printable(code))
}

/// VK's page that shows a token warns of exactly what a person is asked to do here. VK ties the token to the network address of the
/// browser, and it is the one who asks VK who must have the same.
pub(crate) fn paste_from_vk(url: &str, to_server: bool) -> String {
    let (whose, where_to) = match to_server {
        false => ("this machine", "stays on this machine"),
        true => ("the server", "goes to your own server alone"),
    };
    format!(
        "1. Open this address in a browser, through the same network address as {whose}:\n\n{url}\n\n\
         2. Allow the access.\n\
         3. The page that follows warns you not to copy its address for other sites. Grantkeep is not another site: it is your\n   \
         own program, and the token {where_to}. Copy the whole address.\n"
    )
}

pub(crate) fn paste_what_follows(url: &str) -> String {
    format!(
        "1. Open this address in a browser:\n\n{url}\n\n\
         2. Allow the access.\n\
         3. Copy the code that the page shows, or the whole address of the page that follows, even when that page cannot be\n   \
         reached.\n"
    )
}

/// How long it lasts, and under which name it is kept: by default whom it speaks for.
pub(crate) fn logged_in(provider: &str, credential: &Value) -> String {
    let word = |name: &str| credential[name].as_str().map(|text| printable(text).into_owned());
    let account = word("account_name").unwrap_or_default();
    let ends = match (word("time_until_expiry"), super::lasts_for_ever(credential)) {
        (Some(left), _) if super::renews(credential) => format!("expires in {left} and renews itself"),
        (Some(left), _) => format!("expires in {left}"),
        (None, true) => "never expires".to_owned(),
        (None, false) => "expires at a time that the provider does not tell".to_owned(),
    };
    format!("logged in at {provider}; the token {ends}\nkept as {provider}/{account} (credential {})", credential["id"])
}

// Faults.

pub(crate) fn login_declined() -> CliFault {
    CliFault::new(
        Kind::NeedsPerson,
        "the access was declined; nothing was kept",
        "if that was not meant, log in again and allow it",
    )
}

pub(crate) fn login_late(waited: Duration) -> CliFault {
    CliFault::new(
        Kind::NeedsPerson,
        format!("nobody came back in time: waited {}; nothing was kept", spoken(waited)),
        "did the provider's page show an error? If more time is needed: --timeout 9m. An attempt lives for 10 minutes",
    )
}

pub(crate) fn login_expired() -> CliFault {
    let what = "the attempt has expired: nobody came back in time; nothing was kept";
    CliFault::new(Kind::NeedsPerson, what, "log in again: an attempt lives for 10 minutes, some device codes for less")
}

pub(crate) fn login_stopped() -> CliFault {
    CliFault::failed("stopped: the attempt is given up, and nothing was kept", "log in again when you like")
}

pub(crate) fn login_unknown() -> CliFault {
    CliFault::new(
        Kind::NoClearAnswer,
        "the provider was asked for the token, and its answer was lost: nobody knows whether it gave one",
        "log in again; what was given is listed among the authorized applications at the provider",
    )
}

/// By our word for the cause.
pub(crate) fn login_failed(cause: Option<&str>) -> CliFault {
    let cause = cause.unwrap_or("unknown");
    let (kind, what, hint) = match cause {
        "binding_mismatch" => (
            Kind::Failed,
            "the answer came from another browser than the one that opened the link; nothing was kept",
            "log in again, in one browser; if you did, somebody else may have used your link",
        ),
        "context_mismatch" | "issuer_mismatch" | "issuer_missing" => (
            Kind::Failed,
            "the answer did not come from the provider that was asked; nothing was kept",
            "check the issuer in the configuration; if it is right, somebody may have tried to mix providers up",
        ),
        "given_up" => (Kind::Failed, "the attempt was given up; nothing was kept", "log in again when you like"),
        "interrupted" => (Kind::Failed, "the program that was logging in has ended; nothing was kept", "log in again"),
        "invalid_client" | "unauthorized_client" | "unsupported_grant_type" => (
            Kind::Usage,
            "the provider refused our application; nothing was kept",
            "check client_id, the client's secret and client_auth in the configuration",
        ),
        "invalid_grant" => (
            Kind::Failed,
            "the provider refused the code; nothing was kept",
            "log in again: a code works once, for a short time, and with the redirect URI that it was asked for",
        ),
        "invalid_scope" => (
            Kind::Failed,
            "the provider does not grant a scope that was asked for; nothing was kept",
            "check --scope, or scopes in the configuration",
        ),
        "owner_changed" => (
            Kind::Failed,
            "the token belongs to someone else than the account that it would replace; nothing was changed",
            "keep it under another name with --account, or forget the old one first",
        ),
        "provider_unreachable" => (
            Kind::NoClearAnswer,
            "the provider could not be reached; nothing was kept",
            "check the network, and log in again",
        ),
        "storage" => (Kind::Failed, "the token could not be stored", "run grantkeep doctor, then log in again"),
        _ => {
            let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            let cause = if cause.bytes().all(word) { cause } else { "unknown" };
            let hint = "log in again; the log, and the page in the browser, say more";
            return CliFault::failed(format!("the login failed ({cause}); nothing was kept"), hint);
        }
    };
    CliFault::new(kind, what, hint)
}

/// The address at which the browser comes back is another program's. `setting` is what moves it.
pub(crate) fn cannot_capture(address: SocketAddr, kind: ErrorKind, setting: &str) -> CliFault {
    CliFault::failed(
        format!("cannot listen on {address}, where the browser comes back: {kind}"),
        format!("{}: end that, or move us with {setting}", super::serve::why_not_here(kind)),
    )
}

pub(crate) fn remote_needs_server() -> CliFault {
    CliFault::usage(
        "--remote works through a running server, and there is none with this data directory",
        "start one in another terminal: grantkeep serve; or name one elsewhere with --server",
    )
}

pub(crate) fn input_failed(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("standard input could not be read: {kind}"), "paste the text, or pipe it in")
}

pub(crate) fn input_not_text() -> CliFault {
    CliFault::usage("what was pasted is not text", "paste the address or the token as it is shown")
}

/// `5 min`, `8 s`.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds >= 60 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_end_of_a_login_has_an_exit_code() {
        #[rustfmt::skip]
        let rows = [
            (login_failed(Some("invalid_client")), 2),
            (login_failed(Some("unauthorized_client")), 2),
            (login_failed(Some("owner_changed")), 1),
            (login_failed(Some("provider_unreachable")), 4),
            (login_failed(Some("server_error")), 1),
            (login_failed(None), 1),
            (login_declined(), 3),
            (login_late(Duration::from_secs(8)), 3),
            (login_expired(), 3),
            (login_unknown(), 4),
            (login_stopped(), 1),
        ];
        for (fault, code) in rows {
            assert_eq!(fault.code(), code, "{fault:?}");
        }
        assert!(login_failed(Some("<b>\u{1b}[31m")).what.contains("(unknown)"));
        assert!(login_late(Duration::from_secs(8)).what.contains("waited 8 s"));
        assert!(login_late(Duration::from_secs(300)).what.contains("waited 5 min"));
    }

    #[test]
    fn a_token_that_goes_to_a_server_is_not_said_to_stay() {
        let words = |to_server| paste_from_vk("https://vk.example/", to_server);
        assert!(words(false).contains("as this machine:") && words(false).contains("stays on this machine"));
        assert!(words(true).contains("as the server:") && !words(true).contains("this machine"));
    }

    #[test]
    fn a_login_says_how_long_it_lasts() {
        let credential = |left: Value, known: Value, renew_at: Value| {
            let renews = renew_at.is_string();
            let view = json!({
                "id": 1, "account_name": "anna", "time_until_expiry": left, "expiry_known": known,
                "renews": renews, "renew_at": renew_at,
            });
            logged_in("acme", &view)
        };
        let kept = "\nkept as acme/anna (credential 1)";
        let never = || Value::Null;
        for (left, known, renew_at, words) in [
            (json!("1h 0m"), json!(true), never(), "expires in 1h 0m"),
            (json!("1h 0m"), json!(true), json!("2026-01-10T16:20:00Z"), "expires in 1h 0m and renews itself"),
            (never(), json!(true), never(), "never expires"),
            (never(), json!(false), never(), "expires at a time that the provider does not tell"),
        ] {
            assert_eq!(credential(left, known, renew_at), format!("logged in at acme; the token {words}{kept}"));
        }
    }
}
