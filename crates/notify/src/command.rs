//! Owns telling a program of the operator's own: it reads the message as JSON from standard input.
//!
//! No shell is involved, and nothing of a message is an argument. The program gets few of our variables, because our environment may
//! hold keys, and those that begin with `GRANTKEEP_NOTICE_`: `ID`, `TYPE`, `KIND`, `PROVIDER`, `ACCOUNT`, `SERVER`, `TITLE`. The link is in the
//! JSON alone. What the program prints is thrown away. After its time it is killed, together with whatever it started.

use std::{
    io,
    path::{Component, Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use grantkeep_core::{Secret, Timestamp};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{io::AsyncWriteExt, process, time::timeout};

use crate::{About, ChannelFault, Delivery, Message, Text, clean, payload};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What a program needs to find others, speak the right language and reach a desktop.
const PASSED_ON: [&str; 15] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TMPDIR",
    "TZ",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];

/// A program that is told.
#[derive(Debug)]
pub struct Command {
    program: PathBuf,
    arguments: Vec<String>,
    limit: Duration,
}

impl Command {
    /// A program by its absolute path, or by its name on the `PATH`, and the arguments that it always gets.
    pub fn new(program: impl Into<PathBuf>, arguments: Vec<String>) -> Result<Self, ChannelFault> {
        let program = program.into();
        let clean = !arguments.iter().any(|argument| argument.contains('\0'));
        if clean && has_place(&program) {
            Ok(Self { program, arguments, limit: LIMIT })
        } else {
            Err(ChannelFault::Program)
        }
    }

    pub(crate) async fn run(&self, message: &Message, now: Timestamp) -> Delivery {
        let mut child = match self.command(message, now).spawn() {
            Ok(child) => child,
            Err(error) => return not_started(&error),
        };
        let group = Group::of(&child);
        let told = timeout(self.limit, tell(&mut child, payload::json(message, now))).await;
        match told {
            Ok(Ok(status)) => {
                group.leave();
                finished(status)
            }
            Ok(Err(_)) => Delivery::later("broken"),
            Err(_) => {
                drop(group);
                // It was killed, so this is only to collect it.
                let _ = child.wait().await;
                Delivery::later("timeout")
            }
        }
    }

    fn command(&self, message: &Message, now: Timestamp) -> process::Command {
        let mut command = process::Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir("/").process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("GRANTKEEP_NOTICE_ID", message.id.as_str());
        command.env("GRANTKEEP_NOTICE_TYPE", message.event());
        command.env("GRANTKEEP_NOTICE_TITLE", Text::english(message, now).title);
        if let About::Credential(news) = &message.about {
            command.env("GRANTKEEP_NOTICE_KIND", news.kind.as_str());
            command.env("GRANTKEEP_NOTICE_PROVIDER", news.provider.as_str());
            command.env("GRANTKEEP_NOTICE_ACCOUNT", news.account.as_str());
            command.envs(news.server.as_deref().map(|server| ("GRANTKEEP_NOTICE_SERVER", clean::name(server))));
        }
        command
    }
}

/// Whether it is clear which program that is, wherever we were started.
fn has_place(program: &Path) -> bool {
    let mut components = program.components();
    let bare = matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
    let whole = !program.as_os_str().as_encoded_bytes().contains(&0);
    whole && (bare || program.is_absolute() && program.file_name().is_some())
}

async fn tell(child: &mut process::Child, json: Secret) -> io::Result<ExitStatus> {
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read to the end may still have done its work.
        let _ = input.write_all(json.expose().as_bytes()).await;
        let _ = input.write_all(b"\n").await;
    }
    child.wait().await
}

fn finished(status: ExitStatus) -> Delivery {
    match status.code() {
        Some(0) => Delivery::Delivered,
        Some(_) => Delivery::later("exit_status"),
        None => Delivery::later("killed"),
    }
}

fn not_started(error: &io::Error) -> Delivery {
    match error.kind() {
        io::ErrorKind::NotFound => Delivery::Refused("no_such_program"),
        io::ErrorKind::PermissionDenied => Delivery::Refused("not_executable"),
        _ => Delivery::later("not_started"),
    }
}

/// The processes of a program that is running. Ends them all when it is dropped, which is also what happens when nobody waits any more.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &process::Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    /// The program has ended by itself: what it left running is meant to.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Fails only when nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests;
