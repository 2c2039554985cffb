//! Owns every word that the command line says to people, in English. The words of `--help` are in [`help`], those of the API's
//! errors come with its answers. Another language is another module of the same shape.

pub(crate) mod help;

use std::{fmt::Write, io::ErrorKind, net::SocketAddr, path::Path};

use grantkeep_core::{NameFault, NoAnswer};
use grantkeep_keeper::{KeepFault, StoreFault};
use grantkeep_outbound::{AddressFault, AllowFault};
use grantkeep_seal::SealFault;
use grantkeep_server::JwtSecretFault;
use http::StatusCode;
use serde_json::Value;

use crate::fault::{CliFault, Kind};

pub(crate) const ERROR: &str = "error";
pub(crate) const HINT: &str = "hint";
pub(crate) const WARNING: &str = "warning";

// Results.

pub(crate) const STATUS_HEADINGS: [&str; 5] = ["CREDENTIAL", "STATE", "TIME LEFT", "CHECKED", "NEXT STEP"];
pub(crate) const KEY_HEADINGS: [&str; 6] = ["ID", "OWNER", "CAN", "PROVIDERS", "EXPIRES", "STATE"];
pub(crate) const DOCTOR_HEADINGS: [&str; 3] = ["", "WHAT", "FOUND"];
pub(crate) const NEVER: &str = "never ends";
pub(crate) const NOTHING_KEPT: &str = "Nothing is kept yet. Get a token: grantkeep login vk --paste";
pub(crate) const NO_KEYS: &str = "No keys have been issued. Issue one: grantkeep key issue";
pub(crate) const PASTE_PROMPT: &str = "Paste here (it is not shown), then press Enter: ";
pub(crate) const PASTE_AND_END: &str = "Paste the token, address or JSON, then press Enter and Ctrl-D.";
pub(crate) const UNVERIFIED: &str =
    "the provider gave no clear answer yet, so the token is not verified; a running server asks again by itself";
pub(crate) const BELOW_MIN_TTL: &str = "less time is left than was asked for, and this token cannot be renewed";

/// What a person should do, for the table.
pub(crate) fn next_step(action: &str) -> &str {
    match action {
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

pub(crate) fn saved(provider: &str, saved: &Value) -> String {
    let message = saved["message"].as_str().unwrap_or_default();
    let account = saved["account_name"].as_str().unwrap_or_default();
    let account = crate::console::printable(account);
    format!("{message}\nkept as {provider}/{account} (credential {})", saved["credential_id"])
}

pub(crate) fn forgotten(credential: &Value) -> String {
    let word = |name: &str| crate::console::printable(credential[name].as_str().unwrap_or_default()).into_owned();
    format!("{}/{} is forgotten here; the provider was not told", word("provider"), word("account_name"))
}

pub(crate) fn checking(number: usize, count: usize) -> String {
    format!("checking {number} of {count} ...")
}

pub(crate) fn key_issued(key: &Value) -> String {
    let word = |name: &str| key[name].as_str().unwrap_or("any").to_owned();
    format!(
        "key {} for owner {}: can {}, providers {}, until {}\nIt is shown only now. End it with: grantkeep key revoke {}",
        word("id"),
        crate::console::printable(&word("owner")),
        word("can"),
        word("providers"),
        word("expires_at"),
        word("id"),
    )
}

pub(crate) fn key_revoked(id: &str) -> String {
    format!("key {id} is revoked")
}

pub(crate) fn login_steps(url: &str) -> String {
    format!(
        "1. Open this address in a browser, through the same network address as this machine:\n\n   {url}\n\n\
         2. Allow the access.\n\
         3. The page that follows warns you not to copy its address for other sites. Grantkeep is not another site: it is your\n   \
         own program, and the token stays on this machine. Copy the whole address.\n"
    )
}

pub(crate) const WAITING_FOR_COMMANDS: &str = "waiting for a grantkeep command to finish with the data directory ...";

pub(crate) fn serving(address: SocketAddr, base: &str, data_dir: &Path) -> String {
    format!(
        "grantkeep is listening on http://{address}\n\
         API description: {base}/docs\n\
         data directory:  {}\n\
         Get a token in another terminal: grantkeep login vk --paste\n\
         Issue a key for the API:         grantkeep key issue --can status,submit,token",
        data_dir.display()
    )
}

pub(crate) fn serving_sandbox(address: SocketAddr, vk: &str, key: &str, owner: &str) -> String {
    format!(
        "SANDBOX: nothing here reaches a real provider.\n\
         \n\
         address:  http://{address}   (description: http://{address}/docs)\n\
         VK:       {vk}   (emulated; the page lists what it can do)\n\
         API key:  {key}\n          (owner {owner}; can status, submit, token; for 24 hours)\n\
         \n\
         Get a token by hand: open this, allow, and copy the address of the page that follows\n  \
         {vk}/authorize?client_id=54249533&redirect_uri={vk}/blank.html&scope=video,groups,wall&response_type=token\n\
         Then: grantkeep --sandbox add vk"
    )
}

pub(crate) const DOCTOR_DIRECTORY: &str = "data directory";
pub(crate) const DOCTOR_SERVER: &str = "server";
pub(crate) const DOCTOR_DATABASE: &str = "database";
pub(crate) const DOCTOR_SECRETS: &str = "stored secrets";
pub(crate) const DOCTOR_DISK: &str = "disk";
pub(crate) const DOCTOR_VK: &str = "VK";
pub(crate) const DOCTOR_SERVED: &str = "running; this went through it";
pub(crate) const DOCTOR_NOT_SERVED: &str = "not running; expiring tokens are not watched";
pub(crate) const DOCTOR_ALL_OPEN: &str = "all open with this key";
pub(crate) const DOCTOR_WRITABLE: &str = "a write reached it";
pub(crate) const DOCTOR_NOT_WRITABLE: &str = "writes fail: is it full, or read-only?";

pub(crate) fn doctor_no_directory(path: &Path) -> String {
    format!("{} is not there yet; it is made on first use", path.display())
}

pub(crate) fn doctor_open_files(names: &[String]) -> String {
    format!("others can read {}: chmod go= them", names.join(", "))
}

pub(crate) fn doctor_sound(credentials: &Value) -> String {
    format!("sound; {credentials} credentials")
}

pub(crate) fn doctor_damaged(damage: &[Value]) -> String {
    let first = damage.first().and_then(Value::as_str).unwrap_or_default();
    format!("damaged ({} findings; the first: {first}): restore a backup", damage.len())
}

pub(crate) fn doctor_shut(ids: &[Value]) -> String {
    let mut shown = String::new();
    for id in ids.iter().take(10) {
        let _ = write!(shown, " {id}");
    }
    format!("{} do not open, altered or of another key: credentials{shown}", ids.len())
}

pub(crate) fn doctor_reached(host: &str) -> String {
    format!("{host} answers")
}

pub(crate) fn doctor_not_reached(host: &str, reason: NoAnswer) -> String {
    format!("{host}: {reason}; tokens cannot be verified until it answers")
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
        "provider_not_found" => return no_such_provider(),
        _ => {}
    }
    let kind = match (status.as_u16(), error_type.as_str()) {
        (400, "access_denied" | "api_error" | "ip_mismatch" | "token_expired") => Kind::NeedsPerson,
        (400 | 401 | 403 | 413 | 415 | 421, _) => Kind::Usage,
        (404, _) => Kind::NoSuchThing,
        (409, "conflict" | "owner_changed") => Kind::Failed,
        (409, _) => Kind::NeedsPerson,
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
pub(crate) const WRONG_USAGE: &str = "the command line is not understood";

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

pub(crate) fn no_such_provider() -> CliFault {
    CliFault::new(Kind::NoSuchThing, "there is no provider of that name", "the provider known here is vk")
}

pub(crate) fn no_such_login(provider: &str, fault: CliFault) -> CliFault {
    if provider == "vk" || fault.code() != Kind::NoSuchThing as u8 { fault } else { no_such_provider() }
}

pub(crate) fn several_accounts() -> CliFault {
    CliFault::usage(
        "several accounts of this provider are kept",
        "name one: PROVIDER/ACCOUNT; grantkeep status lists them",
    )
}

pub(crate) fn only_paste(provider: &str) -> CliFault {
    let hint = format!("grantkeep login {provider} --paste");
    CliFault::usage("logging in works by pasting only", hint)
}

pub(crate) fn local_only(command: &str) -> CliFault {
    let what = format!("{command} works only beside the data directory");
    CliFault::usage(what, "run it on the server's machine, without --server")
}

pub(crate) fn serve_is_local() -> CliFault {
    CliFault::usage("serve does not take --server", "leave --server out")
}

pub(crate) fn no_api_key() -> CliFault {
    CliFault::usage("--server needs an API key", "set GRANTKEEP_API_KEY or GRANTKEEP_API_KEY_FILE")
}

pub(crate) fn bad_api_key() -> CliFault {
    CliFault::usage("the API key is not one line of text", "look at GRANTKEEP_API_KEY")
}

pub(crate) fn already_served(directory: &Path) -> CliFault {
    let what = format!("another grantkeep server has the data directory {}", directory.display());
    CliFault::failed(what, "stop it first, or give this one another --data-dir")
}

pub(crate) fn cannot_listen(address: SocketAddr, kind: ErrorKind) -> CliFault {
    let what = format!("cannot listen on {address}: {kind}");
    CliFault::failed(what, "another program may have it: choose another with --listen, or GRANTKEEP_LISTEN")
}

pub(crate) fn cannot_start_sandbox(address: SocketAddr, kind: ErrorKind) -> CliFault {
    let what = format!("the sandbox cannot listen on {address}: {kind}");
    CliFault::failed(what, "choose another loopback address with --sandbox-listen")
}

pub(crate) fn cannot_listen_locally(path: &Path, kind: ErrorKind) -> CliFault {
    CliFault::failed(
        format!("cannot make the socket {}: {kind}", path.display()),
        "look at the directory's owner and mode",
    )
}

pub(crate) fn listener_broke() -> CliFault {
    CliFault::failed("a listener ended by itself", "look at the log for the reason, and report it")
}

pub(crate) fn no_signals(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("signals cannot be received: {kind}"), "look at the limits of the process")
}

pub(crate) fn no_runtime(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("no threads can be started: {kind}"), "look at the limits of the process")
}

pub(crate) fn output_failed(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("the result could not be written: {kind}"), "look at where standard output goes")
}

pub(crate) fn input_failed(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("standard input could not be read: {kind}"), "paste the text, or pipe it in")
}

pub(crate) fn input_not_text() -> CliFault {
    CliFault::usage("what was pasted is not text", "paste the address or the token as it is shown")
}

pub(crate) fn data_dir(path: &Path, kind: ErrorKind) -> CliFault {
    let what = format!("the directory {} cannot be used: {kind}", path.display());
    CliFault::usage(what, "it must be yours and writable; choose another with --data-dir, or GRANTKEEP_DATA_DIR")
}

pub(crate) fn no_home() -> CliFault {
    CliFault::usage("there is no home directory to keep data in", "set --data-dir, or GRANTKEEP_DATA_DIR")
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

pub(crate) fn no_such_engine() -> CliFault {
    let hint = "unset GRANTKEEP_DATABASE_URL: this version keeps its data in SQLite, in the data directory";
    CliFault::usage("GRANTKEEP_DATABASE_URL names a database engine that this version does not have", hint)
}

pub(crate) fn config_unreadable(path: &Path, kind: ErrorKind) -> CliFault {
    CliFault::usage(
        format!("the configuration {} cannot be read: {kind}", path.display()),
        "look at --config and GRANTKEEP_CONFIG",
    )
}

pub(crate) fn config_wrong(path: &Path, line: usize, known: Option<&str>) -> CliFault {
    let what = format!("the configuration {} is wrong at line {line}", path.display());
    match known {
        Some(known) => CliFault::usage(what, format!("that key is not known; known here: {known}")),
        None => CliFault::usage(what, "see docs/configuration.md for its keys and their values"),
    }
}

pub(crate) fn variable_not_text(name: &str) -> CliFault {
    CliFault::usage(format!("{name} is not UTF-8 text"), format!("look at {name}"))
}

pub(crate) fn variable_twice(name: &str) -> CliFault {
    CliFault::usage(format!("both {name} and {name}_FILE are set"), "unset one of them")
}

pub(crate) fn variable_file(name: &str, kind: ErrorKind) -> CliFault {
    CliFault::usage(format!("the file that {name} names cannot be read: {kind}"), format!("look at {name}"))
}

pub(crate) fn bad_listen() -> CliFault {
    CliFault::usage("the address to listen on is not ADDRESS:PORT", "such as 127.0.0.1:8000 or [::1]:8000")
}

pub(crate) fn bad_owner(fault: NameFault) -> CliFault {
    CliFault::usage(format!("the owner's name cannot be used: {fault}"), "look at --owner and GRANTKEEP_OWNER")
}

pub(crate) fn bad_app_id() -> CliFault {
    CliFault::usage("the VK application's id is not a number", "look at GRANTKEEP_VK_APP_ID")
}

pub(crate) fn bad_log_filter() -> CliFault {
    CliFault::usage(
        "the log filter is not understood",
        "such as GRANTKEEP_LOG=info or GRANTKEEP_LOG=warn,grantkeep_server=debug",
    )
}

pub(crate) fn not_a_url(name: &str) -> CliFault {
    CliFault::usage(format!("{name} is not a web address"), "write it whole, such as https://tokens.example.org")
}

pub(crate) fn bad_outbound_allow(fault: AllowFault) -> CliFault {
    CliFault::usage(
        format!("GRANTKEEP_OUTBOUND_ALLOW cannot be used: {fault}"),
        "write host names or addresses, each with a port if only that one is meant: mast.lan, 10.0.0.5:3000",
    )
}

pub(crate) fn bad_base_url(name: &str, fault: AddressFault) -> CliFault {
    CliFault::usage(format!("{name} cannot be used: {fault}"), "tokens travel to that address: use https")
}
