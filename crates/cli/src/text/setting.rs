//! Owns the words about settings that cannot be used: which one, and what to write instead. Never a value.

use std::{io::ErrorKind, path::Path};

use grantkeep_core::NameFault;
use grantkeep_outbound::{AddressFault, AllowFault};

use crate::fault::CliFault;

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

pub(crate) fn key_of_another(wanted: &str, own: &str) -> CliFault {
    CliFault::usage(
        format!("the key in GRANTKEEP_API_KEY is for the owner {own}, not for {wanted}"),
        format!("set a key of {wanted}; or leave the owner out (--owner, GRANTKEEP_OWNER), or name {own}"),
    )
}

pub(crate) fn bad_allowed_hosts() -> CliFault {
    CliFault::usage(
        "GRANTKEEP_ALLOWED_HOSTS has something in it that is no host",
        "write what stands in the browser's address bar between http:// and the next slash: tokens.lan:8000",
    )
}

pub(crate) fn bad_scope(name: &str) -> CliFault {
    CliFault::usage(format!("{name} is not a scope"), "write words with commas between them: video,groups,wall")
}

pub(crate) fn bad_app_id(name: &str) -> CliFault {
    CliFault::usage("the id of a VK application is not a number", format!("look at {name}"))
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

pub(crate) fn no_home() -> CliFault {
    CliFault::usage("there is no home directory to keep data in", "set --data-dir, or GRANTKEEP_DATA_DIR")
}

pub(crate) fn no_api_key() -> CliFault {
    CliFault::usage("--server needs an API key", "set GRANTKEEP_API_KEY or GRANTKEEP_API_KEY_FILE")
}

pub(crate) fn not_a_base(name: &str) -> CliFault {
    CliFault::usage(format!("{name} is more than an address"), "without a user name, a query (?…) and a fragment (#…)")
}

pub(crate) fn half_set(name: &str, missing: &str) -> CliFault {
    CliFault::usage(format!("{name} is set, but {missing} is not"), "set both, or neither")
}

// Providers of the configuration.

pub(crate) const HOW_TO_FIND_ENDPOINTS: &str =
    "give the issuer, or authorization_url (or device_authorization_url) and token_url";
pub(crate) const HOW_TO_FIND_TOKENS: &str = "give the issuer, or token_url";
pub(crate) const GRANTS: &str =
    "it is \"authorization_code\" (people log in) or \"client_credentials\" (the application for itself)";
pub(crate) const NOBODY_LOGS_IN: &str = "with grant = \"client_credentials\" nobody logs in: leave it out";
pub(crate) const SECRET_IS_SHOWN: &str =
    "with grant = \"client_credentials\" the secret is shown: choose \"basic\" or \"post\", or leave it out";
pub(crate) const CLIENT_CREDENTIALS_NEED_SECRET: &str =
    "grant = \"client_credentials\" shows a secret: set client_secret_env or client_secret_file";
pub(crate) const AUTH_NEEDS_SECRET: &str = "client_auth = \"basic\" and \"post\" show a secret: set client_secret_env or client_secret_file, or client_auth = \"none\"";
pub(crate) const AUTH_NEEDS_NO_SECRET: &str =
    "with \"none\" no secret is ever shown: choose \"basic\" or \"post\", or leave the secret out";

pub(crate) const REDIRECT_CREDENTIALS: &str = "it has a user name or password in it";
pub(crate) const REDIRECT_FRAGMENT: &str = "it has a fragment (#…)";
pub(crate) const REDIRECT_INSECURE: &str = "it is neither https nor http to this machine (127.0.0.1, [::1], localhost)";
pub(crate) const REDIRECT_NOT_A_URL: &str = "it is not a whole web address";
pub(crate) const REDIRECT_OURS: &str = "that path of grantkeep's own address is taken";

pub(crate) const REDIRECT_SLASH: &str =
    "its path ends with a slash or has an empty or dotted part: paths here have one plain form";

pub(crate) fn sandbox_listen_alone() -> CliFault {
    CliFault::usage("--sandbox-listen is for the sandbox", "add --sandbox, or leave --sandbox-listen out")
}

pub(crate) fn reserved_provider(name: &str) -> CliFault {
    let hint = match name {
        "vk" => "its settings are in [vk]; give this provider another name",
        _ => "it needs no configuration; give this provider another name",
    };
    CliFault::usage(format!("providers.{name}: that name belongs to a provider of its own"), hint)
}

pub(crate) fn bad_provider_name(name: &str) -> CliFault {
    let what = format!("{name:?} in [providers] cannot be a provider's name");
    CliFault::usage(what, "1 to 32 of a-z, 0-9, - and _, beginning with a letter or a digit")
}

pub(crate) fn missing_provider_key(name: &str, key: &str, hint: &'static str) -> CliFault {
    CliFault::usage(format!("providers.{name}.{key} is missing"), hint)
}

pub(crate) fn bad_provider_key(name: &str, key: &str, reason: &str) -> CliFault {
    let what = format!("providers.{name}.{key} cannot be used: {reason}");
    CliFault::usage(what, "docs/configuration.md has an example of a provider")
}

pub(crate) fn bad_redirect_uri(name: &str, reason: &str) -> CliFault {
    CliFault::usage(
        format!("providers.{name}.redirect_uri cannot be used: {reason}"),
        format!(
            "leave it out: then it is /callback/{name} at grantkeep's own address (GRANTKEEP_PUBLIC_URL, or where it listens)"
        ),
    )
}

pub(crate) fn bad_vk_redirect_uri(reason: &'static str) -> CliFault {
    CliFault::usage(
        format!("GRANTKEEP_VK_REDIRECT_URI cannot be used: {reason}"),
        "leave it out, or with an application of your own: http://127.0.0.1:8000/callback/vk",
    )
}

pub(crate) fn shared_redirect_uri(name: &str, other: &str) -> CliFault {
    let table = |name| if name == "vk" { "vk".to_owned() } else { format!("providers.{name}") };
    CliFault::usage(
        format!("{} and {} have the same redirect_uri", table(name), table(other)),
        "give each its own path: what comes back must belong to one of them",
    )
}

// Secrets of the configuration.

pub(crate) const SECRET_IN_CONFIGURATION: &str = "a secret stands in the configuration, where whoever reads that file has it: use the key with _env or _file at its end";

pub(crate) fn empty_secret_key(table: &str, key: &str) -> CliFault {
    CliFault::usage(format!("{table}.{key} cannot be used: it is empty"), "fill it, or leave it out")
}

pub(crate) fn two_secrets(table: &str, one: &str, other: &str) -> CliFault {
    CliFault::usage(format!("both {one} and {other} are set for {table}"), "keep one of them")
}

pub(crate) fn no_secret(table: &str, key: &str) -> CliFault {
    CliFault::usage(
        format!("the variable that {table}.{key}_env names is not set"),
        "set it where grantkeep runs; commands beside a running server do not need it",
    )
}

pub(crate) fn no_secret_in_file(table: &str, key: &str) -> CliFault {
    CliFault::usage(format!("the file that {table}.{key}_file names is empty"), "write the secret into it")
}

pub(crate) fn secret_file(table: &str, key: &str, kind: ErrorKind) -> CliFault {
    let what = format!("the file that {table}.{key}_file names cannot be read: {kind}");
    CliFault::usage(what, "look at its path (relative to the configuration's folder), owner and mode")
}
