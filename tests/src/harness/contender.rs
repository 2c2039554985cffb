//! Owns contenders: processes that have the data directory open without a server, each of which wants many tokens at once. They
//! can be stopped in the middle, as a suspended machine stops them, and go on as if nothing had been.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{home::Home, provider::Providers, wait::until};

/// Longer than any renewal takes, on whatever machine.
const AT_MOST: Duration = Duration::from_secs(120);

/// What came of wanting one owner's token: the token, or why there is none.
pub type Got = (String, Result<String, String>);

/// A process that wants tokens of the plain server. Killed when it goes out of scope.
#[derive(Debug)]
pub struct Contender {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Contender {
    /// Starts `program` in a home whose database is there, and waits until it has opened that.
    #[track_caller]
    pub fn start(program: &Path, home: &Home, providers: &Providers) -> Self {
        let config = providers.config("acme");
        let client = config.lines().find_map(|line| line.strip_prefix("client_id = ")).unwrap().trim_matches('"');
        let secret = providers.settings().into_iter().find(|(name, _)| *name == "ACME_SECRET").unwrap().1;
        let mut command = home.command(program);
        command.env("CONTENDER_ISSUER", &providers.acme.url).env("CONTENDER_CLIENT", client);
        command.env("CONTENDER_SECRET", secret).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, out) = (child.stdin.take(), child.stdout.take().unwrap());
        let (said, lines) = mpsc::channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        let contender = Self { child, input, lines };
        assert_eq!(contender.line(), "ready");
        contender
    }

    /// Lets it want the tokens of these owners, in that order, with so many seconds left; it waits so many seconds for them.
    pub fn want<'a>(&mut self, min_ttl: u64, wait: u64, owners: impl IntoIterator<Item = &'a String>) {
        let mut line = format!("{min_ttl} {wait}");
        owners.into_iter().for_each(|owner| line.extend([" ", owner]));
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// What it got of what it wanted; waits for it.
    #[track_caller]
    pub fn got(&self) -> Vec<Got> {
        let mut got = Vec::new();
        loop {
            let line = self.line();
            let Some((owner, what)) = line.split_once(' ') else {
                assert_eq!(line, "over");
                return got;
            };
            let what = what.strip_prefix("- ").map_or_else(|| Ok(what.to_owned()), |fault| Err(fault.to_owned()));
            got.push((owner.to_owned(), what));
        }
    }

    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(AT_MOST).expect("a contender says something")
    }

    /// Stops it where it is (SIGSTOP).
    pub fn stop(&self) {
        self.send(Signal::STOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn go_on(&self) {
        self.send(Signal::CONT);
    }

    /// Ends it as a command ends: what it has sent is finished, whoever no longer waits for that.
    #[track_caller]
    pub fn end(&mut self) {
        self.input = None;
        let ended = until("a contender ends", AT_MOST, || self.child.try_wait().unwrap());
        assert!(ended.success(), "{ended}");
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // A stopped process ends too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
