//! Owns the running server: its order of starting and of ending.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path, process::ExitCode, sync::Arc};

use grantkeep_core::Secret;
use grantkeep_sandbox::{Options as SandboxOptions, Sandbox};
use grantkeep_server::{Limits, serve_capture, serve_tcp, serve_unix};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinSet,
};

use crate::{
    api::local_request,
    console,
    directory::{DataDir, Lock, foreign_owner},
    fault::CliFault,
    here::Here,
    listen,
    process::{self, Stop},
    setting::{Places, Settings},
    text,
};

/// A further address at which redirects arrive.
struct Door {
    listener: TcpListener,
    /// Whether it is the same port as everything else: then everything is answered there.
    is_whole: bool,
}

/// Serves until asked to stop.
pub(crate) async fn run(mut settings: Settings) -> Result<ExitCode, CliFault> {
    if settings.remote.is_some() {
        return Err(text::serve_is_local());
    }
    // Before anything is announced: whoever reads the greeting may ask us to stop.
    let mut stop = Stop::listen().map_err(|error| text::no_signals(error.kind()))?;
    let directory = DataDir::open(&settings.data_dir)?;
    let Some(lock) = lock(&directory, &mut stop).await? else {
        tracing::info!("stopped");
        return Ok(ExitCode::SUCCESS);
    };
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| text::cannot_listen(settings.listen, error.kind()))?;
    settings.listen = listener.local_addr().map_err(|error| text::cannot_listen(settings.listen, error.kind()))?;
    let sandbox = start_sandbox(&mut settings).await?;
    let socket = directory.claim_socket(&lock)?;
    let here = Here::open(&directory, &settings, true).await?;
    let served = start(&here, &settings, sandbox.as_ref(), listener, &socket, stop).await;
    // Also after a fault: what was sent to a provider is waited for.
    served.and(finish(&here, &socket, sandbox, lock).await)
}

/// Serves, once everything is ready.
async fn start(
    here: &Here,
    settings: &Settings,
    sandbox: Option<&Sandbox>,
    listener: TcpListener,
    socket: &Path,
    mut stop: Stop,
) -> Result<(), CliFault> {
    tokio::select! {
        recovered = here.keeper.recover() => recovered.map_err(|fault| text::keep(&fault))?,
        // What has not been brought into its row stays in the spool.
        () = stop.asked() => return Ok(()),
    }
    let local = listen_locally(socket)?;
    let doors = doors(settings).await;
    announce(settings, here, sandbox).await?;
    serve(here, listener, doors, local, stop).await
}

/// None: asked to stop before it was to be had.
async fn lock(directory: &DataDir, stop: &mut Stop) -> Result<Option<Lock>, CliFault> {
    let mut told = false;
    loop {
        if let Some(lock) = directory.try_lock_alone()? {
            return Ok(Some(lock));
        }
        // A command is using the directory; commands are short, unless a provider is slow or a person logs in.
        if !told {
            console::note(text::WAITING_FOR_COMMANDS);
            told = true;
        }
        tokio::select! {
            () = tokio::time::sleep(process::RETRY_AFTER) => {}
            () = stop.asked() => return Ok(None),
        }
    }
}

async fn start_sandbox(settings: &mut Settings) -> Result<Option<Sandbox>, CliFault> {
    let Some(wanted) = &mut settings.sandbox else { return Ok(None) };
    let sandbox = grantkeep_sandbox::start(SandboxOptions { listen: wanted.listen }).await;
    let sandbox = sandbox.map_err(|error| text::cannot_start_sandbox(&error))?;
    wanted.places = Places::of(&sandbox)?;
    Ok(Some(sandbox))
}

/// Where configured redirect URIs lead besides: to the other address family, or to another port.
async fn doors(settings: &Settings) -> Vec<Door> {
    let (mut doors, mut held) = (Vec::new(), vec![settings.listen]);
    for url in settings.local_redirects() {
        match listen::at(url, &held).await {
            None => {}
            Some(Err(taken)) => tracing::warn!(
                address = %taken.address,
                kind = ?taken.kind,
                "a configured redirect URI leads to an address that is not to be had: no login comes back there"
            ),
            Some(Ok(listeners)) => {
                for listener in listeners {
                    let Ok(address) = listener.local_addr() else { continue };
                    tracing::info!(%address, "listening for redirects");
                    held.push(address);
                    doors.push(Door { listener, is_whole: address.port() == settings.listen.port() });
                }
            }
        }
    }
    doors
}

/// The socket for commands. Whatever is at its path is from a server that is gone: we hold the lock.
fn listen_locally(path: &Path) -> Result<UnixListener, CliFault> {
    let wrong = |error: io::Error| text::cannot_listen_locally(path, error.kind());
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(error)),
        _ => {}
    }
    // Made with mode 0600 by the umask already; said once more for file systems that do not care.
    let listener = UnixListener::bind(path).map_err(wrong)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    Ok(listener)
}

async fn serve(
    here: &Here,
    listener: TcpListener,
    doors: Vec<Door>,
    local: UnixListener,
    mut asked: Stop,
) -> Result<(), CliFault> {
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        // Ends when it is told, and when nobody is left to tell it.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    // One for all that the network reaches, or each would count the same file descriptors. Commands have their own, so that nobody
    // out there keeps them from coming through.
    let limits = Limits::at_most(process::connections());
    let local_limits = Limits::at_most(process::LOCAL_CONNECTIONS);
    let user = rustix::process::getuid().as_raw();
    let service = || Arc::clone(&here.service);
    let mut listeners = JoinSet::new();
    listeners.spawn(serve_tcp(listener, service(), limits.clone(), until(stopped.clone())));
    for Door { listener, is_whole } in doors {
        let (until, limits) = (until(stopped.clone()), limits.clone());
        if is_whole {
            listeners.spawn(serve_tcp(listener, service(), limits, until));
        } else {
            listeners.spawn(serve_capture(listener, service(), limits, until));
        }
    }
    listeners.spawn(serve_unix(local, service(), local_limits, user, until(stopped)));
    let broke_off = tokio::select! {
        () = asked.asked() => false,
        () = Arc::clone(&here.keeper).watch_everything() => true,
    };
    tracing::info!("stopping");
    let _ = stop.send(true);
    let mut broke = false;
    while let Some(ended) = listeners.join_next().await {
        broke |= ended.is_err();
    }
    match (broke_off, broke) {
        (true, _) => Err(text::watcher_broke()),
        (_, true) => Err(text::listener_broke()),
        _ => Ok(()),
    }
}

async fn finish(here: &Here, socket: &Path, sandbox: Option<Sandbox>, lock: Lock) -> Result<ExitCode, CliFault> {
    let _ = fs::remove_file(socket);
    // Waits for renewals under way, so the providers end after it.
    let closed = here.keeper.close().await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    drop(lock);
    closed.map_err(|fault| text::keep(&fault))?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn announce(settings: &Settings, here: &Here, sandbox: Option<&Sandbox>) -> Result<(), CliFault> {
    let (address, base) = (settings.listen, settings.base_url());
    tracing::info!(%address, data_dir = %settings.data_dir.display(), "listening");
    if let Some(user) = foreign_owner(&settings.data_dir) {
        tracing::warn!(
            user,
            "the data directory belongs to another user, who can read and change everything in it, the keys too: right for root in \
             a container over a directory of the host, and for nobody else"
        );
    }
    if !address.ip().is_loopback() {
        tracing::warn!("listening beyond this machine without TLS: put a reverse proxy with TLS in front");
    }
    if !settings.outbound_allow.is_empty() && sandbox.is_none() {
        tracing::warn!(
            entries = settings.outbound_allow.len(),
            "GRANTKEEP_OUTBOUND_ALLOW is set: requests may go to those private or unencrypted addresses, and whoever may begin \
             a login here can have them sent there"
        );
    }
    let words = match sandbox {
        None => text::serving(address, &base, &settings.data_dir, &settings.program),
        Some(sandbox) => {
            let key = sandbox_key(settings, here).await?;
            text::serving_sandbox(address, sandbox, &key, settings.owner.as_str(), &settings.program)
        }
    };
    words.lines().try_for_each(console::line)
}

/// A key for trying things out, made the way every key is made.
async fn sandbox_key(settings: &Settings, here: &Here) -> Result<String, CliFault> {
    let body = json!({"owner": settings.owner.as_str(), "can": "status submit token", "ttl_seconds": "86400"});
    let body = Some(Secret::from(body.to_string()));
    let nobody = HeaderValue::from_static("me");
    let (_, answer) = here.ask(local_request(&nobody, Method::POST, "/local/keys", body)?).await;
    let answer: Value = serde_json::from_slice(&answer).map_err(|_| text::strange_answer())?;
    answer["key"].as_str().map(str::to_owned).ok_or_else(text::strange_answer)
}
