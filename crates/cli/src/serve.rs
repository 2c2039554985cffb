//! Owns the running server: its order of starting and of ending.

use std::{fs, io, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, process::ExitCode, sync::Arc};

use grantkeep_core::Secret;
use grantkeep_keeper::VkSettings;
use grantkeep_sandbox::{Options as SandboxOptions, Sandbox};
use grantkeep_server::{Limits, serve_tcp, serve_unix};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
};

use crate::{
    api::local_request,
    console,
    directory::{DataDir, Lock},
    fault::CliFault,
    here::{Here, Role},
    process,
    setting::{self, Settings},
    text,
};

/// Serves until asked to stop.
pub(crate) async fn run(settings: Settings) -> Result<ExitCode, CliFault> {
    if settings.remote.is_some() {
        return Err(text::serve_is_local());
    }
    let directory = DataDir::open(&settings.data_dir)?;
    let lock = lock(&directory).await?;
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| text::cannot_listen(settings.listen, error.kind()))?;
    let address = listener.local_addr().map_err(|error| text::cannot_listen(settings.listen, error.kind()))?;
    let (sandbox, vk) = start_sandbox(&settings).await?;
    let role = Role { alone: true, hosts: settings.hosts(address), vk };
    let here = Here::open(&directory, &settings, role).await?;
    let socket = directory.socket()?;
    let local = listen_locally(&socket)?;
    announce(&settings, address, &here, sandbox.as_ref()).await?;
    serve(&here, listener, local).await?;
    finish(&here, &socket, sandbox, lock).await
}

async fn lock(directory: &DataDir) -> Result<Lock, CliFault> {
    let mut told = false;
    loop {
        if let Some(lock) = directory.try_lock_alone()? {
            return Ok(lock);
        }
        // A command is using the directory; commands are short, unless a provider is slow.
        if !told {
            console::note(text::WAITING_FOR_COMMANDS);
            told = true;
        }
        tokio::time::sleep(process::RETRY_AFTER).await;
    }
}

async fn start_sandbox(settings: &Settings) -> Result<(Option<Sandbox>, VkSettings), CliFault> {
    let Some(listen) = settings.sandbox else { return Ok((None, settings.vk.clone())) };
    let sandbox = grantkeep_sandbox::start(SandboxOptions { listen }).await;
    let sandbox = sandbox.map_err(|error| text::cannot_start_sandbox(listen, error.kind()))?;
    let vk = setting::in_sandbox(settings.vk.clone(), &sandbox.vk_url())?;
    Ok((Some(sandbox), vk))
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

async fn serve(here: &Here, listener: TcpListener, local: UnixListener) -> Result<(), CliFault> {
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        // Ends when it is told, and when nobody is left to tell it.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let limits = Limits { connections: process::connections() };
    let user = rustix::process::getuid().as_raw();
    let network = tokio::spawn(serve_tcp(listener, Arc::clone(&here.service), limits, until(stopped.clone())));
    let beside = tokio::spawn(serve_unix(local, Arc::clone(&here.service), limits, user, until(stopped)));
    let watcher = tokio::spawn(Arc::clone(&here.keeper).watch());
    let asked = process::asked_to_stop().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    watcher.abort();
    let (network, beside) = tokio::join!(network, beside);
    asked.map_err(|error| text::no_signals(error.kind()))?;
    if network.is_err() || beside.is_err() { Err(text::listener_broke()) } else { Ok(()) }
}

async fn finish(here: &Here, socket: &Path, sandbox: Option<Sandbox>, lock: Lock) -> Result<ExitCode, CliFault> {
    let _ = fs::remove_file(socket);
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    let closed = here.keeper.close().await;
    drop(lock);
    closed.map_err(|fault| text::keep(&fault))?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn announce(
    settings: &Settings,
    address: SocketAddr,
    here: &Here,
    sandbox: Option<&Sandbox>,
) -> Result<(), CliFault> {
    let base = settings.base_url(address);
    tracing::info!(%address, data_dir = %settings.data_dir.display(), "listening");
    if !address.ip().is_loopback() {
        tracing::warn!("listening beyond this machine without TLS: put a reverse proxy with TLS in front");
    }
    let words = match sandbox {
        None => text::serving(address, &base, &settings.data_dir),
        Some(sandbox) => {
            let key = sandbox_key(settings, here).await?;
            text::serving_sandbox(address, &sandbox.vk_url(), &key, settings.owner.as_str())
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
