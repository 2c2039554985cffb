//! Owns what concerns the process as a whole: what it leaves behind, its threads, its signals.

use std::{io, time::Duration};

use rustix::{
    fs::Mode,
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask},
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{args::Command, fault::CliFault, text};

/// Files are ours alone, and no memory of this process is written to a core file. Best effort: a container may forbid it.
pub(crate) fn harden() {
    umask(Mode::from_raw_mode(0o077));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// The server uses all cores; a command needs no second thread.
pub(crate) fn runtime(command: &Command) -> Result<Runtime, CliFault> {
    let mut builder = match command {
        Command::Serve(_) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(|error| text::no_runtime(error.kind()))
}

/// The wish that this process end: SIGTERM, or Ctrl-C.
#[derive(Debug)]
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// From now on neither ends the process by itself.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Ends when the process is asked to.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Connections of commands at once. They are short; further ones wait.
pub(crate) const LOCAL_CONNECTIONS: usize = 32;

/// How many connections from the network fit, leaving file descriptors for commands, the database, providers and the log.
pub(crate) fn connections() -> usize {
    let open_files = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let left = usize::try_from(open_files).unwrap_or(usize::MAX).saturating_sub(64 + LOCAL_CONNECTIONS);
    left.clamp(16, 8192)
}

/// Between two tries to get something that is about to become free.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(50);
