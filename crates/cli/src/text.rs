//! Owns every word that the command line says to people, in English. The words of `--help` are in [`help`], those of the API's
//! errors come with its answers. Another language is another module of the same shape.

mod doctor;
pub(crate) mod help;
mod login;
mod notify;
mod serve;
mod setting;

use std::{io::ErrorKind, path::Path};

use grantkeep_keeper::{KeepFault, StoreFault};
use grantkeep_seal::SealFault;
use grantkeep_server::JwtSecretFault;
use http::StatusCode;
use serde_json::Value;

use crate::{
    console::printable,
    fault::{CliFault, Kind},
};

pub(crate) use self::{doctor::*, login::*, notify::*, serve::*, setting::*};

pub(crate) const ERROR: &str = "error";
pub(crate) const HINT: &str = "hint";
pub(crate) const WARNING: &str = "warning";

// Results.

pub(crate) const STATUS_HEADINGS: [&str; 6] = ["CREDENTIAL", "STATE", "TIME LEFT", "NEEDS YOU", "CHECKED", "NEXT STEP"];
pub(crate) const AUDIT_HEADINGS: [&str; 6] = ["NUMBER", "WHEN", "WHAT", "CREDENTIAL", "WHO", "OUTCOME"];
pub(crate) const KEY_HEADINGS: [&str; 6] = ["ID", "OWNER", "CAN", "PROVIDERS", "EXPIRES", "STATE"];
pub(crate) const PROVIDER_HEADINGS: [&str; 5] = ["PROVIDER", "KIND", "SERVER", "FLOWS", "REDIRECT URI"];
pub(crate) const TEST_HEADINGS: [&str; 4] = ["", "WHAT", "ADDRESS", "ANSWER"];
pub(crate) const NEVER: &str = "never ends";
pub(crate) const NOT_STATED: &str = "not stated";
pub(crate) const RENEWS_ITSELF: &str = "renews itself";
pub(crate) const NOTHING_KEPT: &str =
    "Nothing is kept yet. Get a token: grantkeep login vk, or grantkeep login mastodon --instance mastodon.social";
pub(crate) const NOTHING_DONE: &str = "Nothing has been done yet.";
pub(crate) const NO_KEYS: &str = "No keys have been issued. Issue one: grantkeep key issue";
pub(crate) const UNVERIFIED: &str =
    "the provider gave no clear answer yet, so the token is not verified; a running server asks again by itself";
pub(crate) const SCOPE_REDUCED: &str = "the provider granted less than was asked for";
pub(crate) const BELOW_MIN_TTL: &str = "less time is left than was asked for, and no more is to be had now";

/// What a person should do, for the table.
pub(crate) fn next_step<'a>(state: &str, action: &'a str) -> &'a str {
    match action {
        "wait" if state == "ambiguous" => "login, or wait: it is tried once more at the end",
        "wait" if state == "refreshing" => "wait: it is being renewed",
        "none" => "-",
        "confirm_at_provider" => "confirm at the provider, then: status --check",
        "fix_application" => "mend the application, then login",
        "login" => "login",
        "login_from_here" => "login through this machine's network address",
        "restore_account" => "restore the account at the provider",
        "wait" => "wait: it is asked again",
        other => other,
    }
}

/// Whether a credential without an end is known to have none: some providers only do not tell.
pub(crate) fn lasts_for_ever(credential: &Value) -> bool {
    credential["expiry"].is_null() && credential["expiry_known"] != false
}

/// How long it lives on.
pub(crate) fn time_left(credential: &Value) -> String {
    let left = match credential["expiry"].as_str() {
        None if lasts_for_ever(credential) => NEVER,
        None => NOT_STATED,
        Some(_) => credential["time_until_expiry"].as_str().unwrap_or("-"),
    };
    left.to_owned()
}

/// When a person is next needed, as short as can be: `now`, `in 5h`.
pub(crate) fn needs_you(credential: &Value) -> String {
    let at = credential["needs_person_at"].as_str();
    let left = credential["time_until_expiry_seconds"].as_u64().unwrap_or(0);
    match at {
        None if renews(credential) => RENEWS_ITSELF.to_owned(),
        None => "-".to_owned(),
        Some(_) if credential["needs_person_why"] == "now" || left == 0 => "now".to_owned(),
        Some(at) if credential["expiry"] == at => match left {
            0..3600 => format!("in {}m", left / 60),
            3600..172_800 => format!("in {}h", left / 3600),
            _ => format!("in {}d", left / 86_400),
        },
        Some(at) => minute(at),
    }
}

/// An instant to the minute, as it fits into a table: `2026-01-10 15:30`.
pub(crate) fn minute(at: &str) -> String {
    let is_instant = at.len() == "2026-01-10T15:30:00Z".len() && at.is_ascii();
    if is_instant { at[..16].replace('T', " ") } else { at.to_owned() }
}

/// Whether it can be counted on that it is renewed.
fn renews(credential: &Value) -> bool {
    credential["renews"] == true && !credential["renew_at"].is_null() && credential["state"] != "ambiguous"
}

pub(crate) fn renewed(credential: &Value) -> String {
    let word = |name: &str| printable(credential[name].as_str().unwrap_or_default()).into_owned();
    let ends = match credential["expiry"].as_str() {
        Some(_) => format!("lives until {}, for {}", word("expiry"), word("time_until_expiry")),
        None if lasts_for_ever(credential) => NEVER.to_owned(),
        None => "ends at a time that the provider does not tell".to_owned(),
    };
    format!("{}/{} is renewed; the token {ends}", word("provider"), word("account_name"))
}

pub(crate) fn saved(provider: &str, saved: &Value) -> String {
    let word = |name: &str| printable(saved[name].as_str().unwrap_or_default()).into_owned();
    let id = saved["credential_id"].as_i64().unwrap_or_default();
    format!("{}\nkept as {provider}/{} (credential {id})", word("message"), word("account_name"))
}

pub(crate) fn forgotten(credential: &Value) -> String {
    let word = |name: &str| printable(credential[name].as_str().unwrap_or_default()).into_owned();
    format!("{}/{} is forgotten here; the provider was not told", word("provider"), word("account_name"))
}

pub(crate) fn revoked(credential: &Value) -> String {
    let word = |name: &str| printable(credential[name].as_str().unwrap_or_default()).into_owned();
    format!("{}/{} is revoked at the provider, and forgotten here", word("provider"), word("account_name"))
}

pub(crate) const RENEWING: &str = "renewing ...";

pub(crate) fn checking(number: usize, count: usize) -> String {
    format!("checking {number} of {count} ...")
}

pub(crate) fn key_issued(key: &Value) -> String {
    let word = |name: &str| key[name].as_str().unwrap_or("any").to_owned();
    format!(
        "key {} for owner {}: can {}, providers {}, until {}\nIt is shown only now. End it with: grantkeep key revoke {}",
        word("id"),
        printable(&word("owner")),
        word("can"),
        word("providers"),
        word("expires_at"),
        word("id"),
    )
}

pub(crate) fn audit_sound(deeds: &Value) -> String {
    format!("{deeds} deeds; each fits what is before it")
}

pub(crate) fn audit_broken(number: i64) -> CliFault {
    let what = format!("the audit is broken: deed {number} does not fit what is before it");
    CliFault::failed(what, "somebody changed the database: look at what is before it, and compare with a backup")
}

pub(crate) fn audit_damaged(number: i64) -> CliFault {
    let what = format!("deed {number} of the audit is damaged: it cannot be read any more");
    CliFault::failed(what, "look through all of it: grantkeep audit verify")
}

pub(crate) fn credentials_damaged(damaged: &[Value]) -> CliFault {
    let name = |one: &Value| {
        let word = |name: &str| printable(one[name].as_str().unwrap_or("?")).into_owned();
        format!("{}/{} (credential {})", word("provider"), word("account_name"), one["id"])
    };
    let names = damaged.iter().take(10).map(name).collect::<Vec<_>>().join(", ");
    let what = match damaged.len() {
        1 => format!("{names} is damaged and cannot be read"),
        many => format!("{many} credentials are damaged and cannot be read: {names}"),
    };
    CliFault::failed(what, "restore a backup, or forget it and log in again: grantkeep forget PROVIDER/ACCOUNT")
}

pub(crate) fn calendar_address(address: &Value) -> String {
    let word = |name: &str| printable(address[name].as_str().unwrap_or_default()).into_owned();
    format!(
        "Subscribe to this address in your calendar. Whoever has it sees the names of {}'s accounts and when they end, \
         never a token.\nReplace it: grantkeep calendar --renew. End it: grantkeep key revoke {}",
        word("owner"),
        word("id"),
    )
}

pub(crate) fn key_revoked(id: &str) -> String {
    format!("key {id} is revoked")
}

// Faults.

/// An error of the API, in its own words, with the exit code that fits.
pub(crate) fn api_fault(status: StatusCode, body: &[u8]) -> CliFault {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return strange_answer() };
    let word = |name: &str| answer["detail"][name].as_str().unwrap_or_default().to_owned();
    let error_type = word("error_type");
    // What a command line user does about these is another command, not another request.
    match error_type.as_str() {
        "account_ambiguous" => return several_accounts(),
        "credential_not_found" => return no_such_credential(),
        "key_not_found" => return no_such_key(),
        "instance_missing" => return instance_missing(),
        "provider_not_found" => return no_such_provider(),
        _ => {}
    }
    let kind = match (status.as_u16(), error_type.as_str()) {
        (400, "access_denied" | "api_error" | "ip_mismatch" | "token_expired") => Kind::NeedsPerson,
        (400 | 401 | 403 | 413 | 415 | 421, _) => Kind::Usage,
        (404, _) => Kind::NoSuchThing,
        (409, "ambiguous" | "refreshing") => Kind::NoClearAnswer,
        (409, "authorization_ended" | "cannot_revoke" | "conflict" | "owner_changed") => Kind::Failed,
        (409, _) => Kind::NeedsPerson,
        (502, "client_refused") => Kind::Usage,
        (502, "provider_refused") => Kind::Failed,
        (502, "renewal_refused") => Kind::NeedsPerson,
        (502..=504, _) => Kind::NoClearAnswer,
        _ => Kind::Failed,
    };
    if word("message").is_empty() { strange_answer() } else { CliFault::new(kind, word("message"), word("solution")) }
}

pub(crate) fn wrong_usage(what: String, meant: Option<String>) -> CliFault {
    match meant {
        Some(meant) => CliFault::usage(what, format!("did you mean {meant}? grantkeep --help lists everything")),
        None => CliFault::usage(what, "see grantkeep --help, or grantkeep COMMAND --help"),
    }
}

pub(crate) const NO_SUCH_COMMAND: &str = "there is no such command";
pub(crate) const NO_SUCH_OPTION: &str = "there is an argument or option that does not belong here";
pub(crate) const NO_COMMAND: &str = "a command is missing";
pub(crate) const WRONG_USAGE: &str = "the command line is not understood";

pub(crate) fn exclude_each_other(one: &str, others: &str) -> String {
    format!("{one} and {others} exclude each other")
}

pub(crate) fn stands_twice(name: &str) -> String {
    format!("{name} stands twice")
}

pub(crate) fn missing_argument(names: &str) -> String {
    format!("something is missing: {names}")
}

pub(crate) fn wrong_value(name: &str) -> String {
    format!("the value of {name} cannot be used")
}

pub(crate) fn strange_answer() -> CliFault {
    CliFault::failed("the server gave an answer that is not understood", "is it grantkeep, and of the same version?")
}

pub(crate) fn server_unreachable() -> CliFault {
    let hint = "is the address right, and the server running? curl URL/healthz tells";
    CliFault::new(Kind::NoClearAnswer, "the server could not be reached", hint)
}

pub(crate) fn server_too_slow() -> CliFault {
    let hint = "what was begun there goes on: see grantkeep status, or ask again";
    CliFault::new(Kind::NoClearAnswer, "the server did not answer in time", hint)
}

pub(crate) fn stopped() -> CliFault {
    CliFault::failed("stopped before the end", "run it again when you like")
}

pub(crate) fn server_does_not_answer() -> CliFault {
    let hint = "it may be starting or stopping: try again, or look at its log";
    CliFault::new(Kind::NoClearAnswer, "the server that has the data directory does not answer", hint)
}

pub(crate) fn no_such_credential() -> CliFault {
    CliFault::new(Kind::NoSuchThing, "there is no such credential", "list what is kept: grantkeep status")
}

pub(crate) fn no_such_key() -> CliFault {
    CliFault::new(Kind::NoSuchThing, "there is no API key of that id", "list them: grantkeep key list")
}

pub(crate) fn instance_missing() -> CliFault {
    let hint = "name it with --instance: mstdn.jp, @me@mstdn.jp, or its address";
    CliFault::usage("Mastodon has many servers, and none was named", hint)
}

pub(crate) fn no_such_provider() -> CliFault {
    CliFault::new(Kind::NoSuchThing, "there is no provider of that name", "list them: grantkeep provider list")
}

pub(crate) fn several_accounts() -> CliFault {
    CliFault::usage(
        "several accounts of this provider are kept",
        "name one: PROVIDER/ACCOUNT; grantkeep status lists them",
    )
}

pub(crate) fn local_only(command: &str) -> CliFault {
    let what = format!("{command} works only beside the data directory");
    CliFault::usage(what, "run it on the server's machine, without --server")
}

pub(crate) fn bad_api_key() -> CliFault {
    CliFault::usage("the API key is not one line of text", "look at GRANTKEEP_API_KEY")
}

pub(crate) fn no_runtime(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("no threads can be started: {kind}"), "look at the limits of the process")
}

pub(crate) fn output_failed(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("the result could not be written: {kind}"), "look at where standard output goes")
}

pub(crate) fn data_dir(path: &Path, kind: ErrorKind) -> CliFault {
    let what = format!("the directory {} cannot be used: {kind}", path.display());
    CliFault::usage(what, "it must be yours and writable; choose another with --data-dir, or GRANTKEEP_DATA_DIR")
}

pub(crate) fn data_dir_of_another(path: &Path) -> CliFault {
    let what = format!("the directory {} belongs to another user, who can change everything in it", path.display());
    CliFault::usage(what, "chown it to the user that grantkeep runs as, or choose another with --data-dir")
}

pub(crate) fn data_dir_shared(path: &Path) -> CliFault {
    let what = format!("the directory {} is open to others, and more than grantkeep's is in it", path.display());
    CliFault::usage(
        what,
        format!("choose one of its own with --data-dir; or, if this is it: chmod 700 {}", path.display()),
    )
}

pub(crate) fn key_file_of_another(path: &Path) -> CliFault {
    let what = format!("the key file {} belongs to another user, who knows the key", path.display());
    CliFault::usage(what, "chown it to the user that grantkeep runs as, if it is the right one")
}

pub(crate) fn key_file_open(path: &Path) -> CliFault {
    let what = format!("others can read the key file {}", path.display());
    CliFault::usage(what, format!("chmod 600 {}, and think about who may have read it", path.display()))
}

pub(crate) fn key_file_strange(path: &Path) -> CliFault {
    CliFault::usage(format!("{} is not a key file", path.display()), "put the key file back, as a plain file")
}

pub(crate) fn key_file_unreadable(path: &Path, kind: ErrorKind) -> CliFault {
    CliFault::usage(format!("the key file {} cannot be read: {kind}", path.display()), "look at its owner and mode")
}

pub(crate) fn key_file_not_made(path: &Path, kind: ErrorKind) -> CliFault {
    let what = format!("the key file {} cannot be made: {kind}", path.display());
    CliFault::failed(what, "is the disk full, or the directory read-only?")
}

pub(crate) fn master_key_missing(path: &Path) -> CliFault {
    let what = format!("the database has sealed data, but its master key {} is missing", path.display());
    CliFault::usage(
        what,
        "put the key back from your backup, or set GRANTKEEP_MASTER_KEY; a new key could not open the data",
    )
}

pub(crate) fn unlock(fault: SealFault) -> CliFault {
    let hint = match fault {
        SealFault::MalformedMasterKey => "set GRANTKEEP_MASTER_KEY, or the file master.key, to 32 bytes in base64",
        SealFault::WrongMasterKey => "use the master key that this data was made with; nothing was changed",
        SealFault::Library | SealFault::Tampered | SealFault::UnknownDataKey => "restore a backup of the database",
    };
    CliFault::usage(fault.to_string(), hint)
}

pub(crate) fn jwt_secret(fault: JwtSecretFault) -> CliFault {
    let what = format!("the JWT secret cannot be used: {fault}");
    CliFault::usage(what, "set GRANTKEEP_JWT_SECRET to 32 bytes or more, or to base64: and their base64")
}

pub(crate) fn store(fault: &StoreFault) -> CliFault {
    match fault {
        StoreFault::Newer { .. } => CliFault::usage(fault.to_string(), "use that version, or restore an older backup"),
        StoreFault::NotOurs => CliFault::usage(fault.to_string(), "is this the right data directory?"),
        StoreFault::Full => CliFault::failed(fault.to_string(), "free some space where the data directory is"),
        _ => CliFault::failed(fault.to_string(), "look at the data directory's owner, mode and disk"),
    }
}

pub(crate) fn keep(fault: &KeepFault) -> CliFault {
    match fault {
        KeepFault::Store(fault) => store(fault),
        other => CliFault::failed(other.to_string(), "run grantkeep doctor"),
    }
}

#[cfg(test)]
mod tests;
