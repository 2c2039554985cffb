//! A program that was started: its lines as they come, and its end. It never outlives its owner here.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::process::Stream;

/// How long nothing may be said before it counts as hung. The longest silences that are meant are a login's own time limit, and the
/// start of a large server on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often, and how many times, a program is looked after that was asked to end.
const GRACE: (Duration, u32) = (Duration::from_millis(20), 100);

/// A running program. Its standard input stays open until it is asked to end.
pub(super) struct Child {
    name: String,
    child: std::process::Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<(Stream, String)>,
    stdout: String,
    stderr: String,
    /// It ends by itself when its standard input does, as the servers and the browser do.
    ends_with_input: bool,
}

/// How a program ended, and all that it said.
#[derive(Debug)]
pub(super) struct Ended {
    /// None: a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Child {
    /// Starts it with its output read here; `command` may have sent its standard error elsewhere by saying so in `errors`.
    pub(super) fn start(name: &str, command: &mut Command, errors: Stdio) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().map_err(|error| format!("{name} did not start: {error}"))?;
        let (sender, lines) = mpsc::channel();
        if let Some(pipe) = child.stdout.take() {
            forward(pipe, Stream::Stdout, sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            forward(pipe, Stream::Stderr, sender);
        }
        let stdin = child.stdin.take();
        let (name, stdout, stderr) = (name.to_owned(), String::new(), String::new());
        Ok(Self { name, child, stdin, lines, stdout, stderr, ends_with_input: true })
    }

    /// It need not be asked to end: it would not listen, and has nothing to put away.
    pub(super) fn killable(self) -> Self {
        let mut child = self;
        child.ends_with_input = false;
        child
    }

    /// Writes a line to its standard input.
    pub(super) fn say(&mut self, line: &str) -> Result<(), String> {
        let broken = |error| format!("{} does not listen: {error}", self.name);
        let stdin = self.stdin.as_mut().ok_or_else(|| format!("{} has no standard input any more", self.name))?;
        writeln!(stdin, "{line}").map_err(broken)
    }

    /// Closes its standard input.
    pub(super) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// The first line that `read` makes something of.
    pub(super) fn wait_for<T>(&mut self, what: &str, read: impl Fn(Stream, &str) -> Option<T>) -> Result<T, String> {
        while let Some((stream, line)) = self.line()? {
            if let Some(found) = read(stream, &line) {
                return Ok(found);
            }
        }
        let status = self.child.wait().map_err(|error| format!("{}: {error}", self.name))?;
        Err(format!("{} ended ({status}) without {what}\n{}{}", self.name, self.stdout, self.stderr))
    }

    /// What it has said so far on its standard error; none when it has ended.
    pub(super) fn errors(&mut self) -> Option<&str> {
        while let Ok((stream, line)) = self.lines.try_recv() {
            self.keep(stream, &line);
        }
        matches!(self.child.try_wait(), Ok(None)).then_some(&self.stderr)
    }

    /// Waits until it ends by itself.
    pub(super) fn end(mut self) -> Result<Ended, String> {
        while self.line()?.is_some() {}
        let status = self.child.wait().map_err(|error| format!("{}: {error}", self.name))?;
        let (stdout, stderr) = (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr));
        Ok(Ended { code: status.code(), stdout, stderr })
    }

    /// Its next line; none when it closed its outputs.
    fn line(&mut self) -> Result<Option<(Stream, String)>, String> {
        let (stream, line) = match self.lines.recv_timeout(PATIENCE) {
            Ok(said) => said,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                let (name, seconds) = (&self.name, PATIENCE.as_secs());
                return Err(format!("{name} said nothing for {seconds} s\n{}{}", self.stdout, self.stderr));
            }
        };
        self.keep(stream, &line);
        Ok(Some((stream, line)))
    }

    fn keep(&mut self, stream: Stream, line: &str) {
        let kept = match stream {
            Stream::Stderr => &mut self.stderr,
            Stream::Stdout => &mut self.stdout,
        };
        kept.push_str(line);
        kept.push('\n');
    }
}

impl Drop for Child {
    /// Closing its input asks it to end; what does not is killed.
    fn drop(&mut self) {
        self.stdin = None;
        let (pause, times) = GRACE;
        for _ in 0..times * u32::from(self.ends_with_input) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(pause);
        }
        // It may have ended just now; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn forward(pipe: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if to.send((stream, String::from_utf8_lossy(&line).trim_end().to_owned())).is_err() {
                return;
            }
        }
    });
}
