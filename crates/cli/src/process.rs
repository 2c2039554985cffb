//! Owns what concerns the process as a whole: what it leaves behind, its threads, its signals.

use std::{fs, io, time::Duration};

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

/// The wish that this process end: SIGTERM, Ctrl-C, or a terminal that was closed.
#[derive(Debug)]
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Stop {
    /// From now on none of them ends the process by itself.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: hangup_ends_us().then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    /// Ends when the process is asked to.
    pub(crate) async fn asked(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether SIGHUP is to end this process. Not where whoever started it had it ignored (`nohup`); where that cannot be seen, it is
/// left as it is.
fn hangup_ends_us() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status).is_some_and(|ignored| ignored & 1 << (SignalKind::hangup().as_raw_value() - 1) == 0)
}

/// One bit for each signal, from `/proc/self/status`.
fn ignored_signals(status: &str) -> Option<u64> {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(ignored.trim(), 16).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_ignores_is_seen() {
        for (status, ignored) in [
            ("Name:\tgrantkeep\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n", Some(0x1001)),
            ("SigIgn:\t0000000000001000\n", Some(0x1000)),
            ("SigIgn:\tno number\n", None),
            ("", None),
        ] {
            assert_eq!(ignored_signals(status), ignored, "{status:?}");
        }
        let own = fs::read_to_string("/proc/self/status").unwrap();
        assert!(ignored_signals(&own).is_some(), "{own}");
    }
}
