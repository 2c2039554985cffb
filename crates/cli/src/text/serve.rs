//! Owns the words of `serve`.

use std::{
    fmt::Write,
    io::{self, ErrorKind},
    net::SocketAddr,
    path::Path,
};

use grantkeep_sandbox::Sandbox;

use crate::{fault::CliFault, setting::OAUTH2_NAME};

pub(crate) const WAITING_FOR_COMMANDS: &str = "waiting for a grantkeep command to finish with the data directory ...";

pub(crate) fn serving(address: SocketAddr, base: &str, data_dir: &Path, program: &str) -> String {
    format!(
        "grantkeep is listening on http://{address}\n\
         API description: {base}/docs\n\
         data directory:  {}\n\
         Get a token in another terminal: {program} login vk\n\
         \x20                                {program} login mastodon --instance mastodon.social\n\
         Issue a key for the API:         {program} key issue --can status,submit,token",
        data_dir.display()
    )
}

/// Names, addresses, and a command for each, to be copied into another terminal.
pub(crate) fn serving_sandbox(address: SocketAddr, sandbox: &Sandbox, key: &str, owner: &str, program: &str) -> String {
    let (vk, oauth2) = (sandbox.vk_url(), sandbox.oauth2_url());
    let mut rows = vec![
        ("VK".to_owned(), vk, "login vk".to_owned()),
        ("VK ID".to_owned(), sandbox.vk_id_url(), "login vk --flow vk_id".to_owned()),
        ("VK, by code".to_owned(), sandbox.vk_url(), "login vk --flow code".to_owned()),
        ("OAuth 2.0".to_owned(), oauth2.clone(), format!("login {OAUTH2_NAME}")),
        ("by device".to_owned(), oauth2, format!("login {OAUTH2_NAME} --device")),
    ];
    let mastodons = sandbox.mastodons().into_iter().map(|(name, url)| {
        let url = url.as_str().trim_end_matches('/').to_owned();
        let command = format!("login mastodon --instance {url}");
        (name.to_owned(), url, command)
    });
    rows.extend(mastodons);
    let mut words = format!(
        "SANDBOX: nothing here reaches a real provider.\n\
         \n\
         address:  http://{address}   (description: http://{address}/docs)\n\
         API key:  {key}\n          (owner {owner}; can status, submit, token; for 24 hours)\n\
         \n\
         Emulated providers; the page at each address lists what it can do. In another terminal:\n\n"
    );
    let width =
        |column: fn(&(String, String, String)) -> &str| rows.iter().map(column).map(str::len).max().unwrap_or(0);
    let (name_width, url_width) = (width(|row| &row.0) + 1, width(|row| &row.1));
    for (name, url, command) in &rows {
        // Writing to a String does not fail.
        let _ = writeln!(words, "{:name_width$}  {url:url_width$}  {program} --sandbox {command}", format!("{name}:"));
    }
    words
}

pub(crate) fn serve_is_local() -> CliFault {
    CliFault::usage("serve does not take --server", "leave --server out")
}

pub(crate) fn already_served(directory: &Path) -> CliFault {
    let what = format!("another grantkeep server has the data directory {}", directory.display());
    CliFault::failed(what, "stop it first, or give this one another --data-dir")
}

pub(crate) fn cannot_listen(address: SocketAddr, kind: ErrorKind) -> CliFault {
    let what = format!("cannot listen on {address}: {kind}");
    let hint = format!("{}: choose another with --listen, or GRANTKEEP_LISTEN", why_not_here(kind));
    CliFault::failed(what, hint)
}

/// Why an address is not to be had.
pub(super) const fn why_not_here(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrNotAvailable => "no network interface of this machine has that address",
        ErrorKind::PermissionDenied => "this user may not have that port",
        _ => "another program may have it",
    }
}

pub(crate) fn cannot_start_sandbox(error: &io::Error) -> CliFault {
    // It begins with the one address that could not be had.
    let what = format!("the sandbox cannot listen on {error}");
    CliFault::failed(
        what,
        "end the program that has it, or choose another first loopback address with --sandbox-listen",
    )
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

pub(crate) fn watcher_broke() -> CliFault {
    CliFault::failed("what watches over the tokens ended by itself", "look at the log for the reason, and report it")
}

pub(crate) fn no_signals(kind: ErrorKind) -> CliFault {
    CliFault::failed(format!("signals cannot be received: {kind}"), "look at the limits of the process")
}
