//! Owns running the real binary to its end: arguments, environment and input in, exit code and output out.

use std::{
    env,
    ffi::OsString,
    io::{Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal};
use url::Url;

use super::{home::Home, wait::until};

/// No command may take longer, on whatever machine.
const AT_MOST: Duration = Duration::from_secs(60);

/// The binary: in the target directory, beside or above what runs now.
pub fn binary() -> PathBuf {
    let current = env::current_exe().unwrap();
    let mut places = current.ancestors().skip(1).take(2).map(|directory| directory.join("grantkeep"));
    places.find(|path| path.is_file()).unwrap_or_else(|| {
        panic!("there is no grantkeep beside {}: run `cargo xtask test`, which builds it first", current.display())
    })
}

/// A command line to be run.
#[derive(Debug)]
pub struct Run<'a> {
    home: &'a Home,
    args: Vec<OsString>,
    env: Vec<(String, OsString)>,
    input: Vec<u8>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    line: String,
}

impl Home {
    /// A command line of words with single spaces between them.
    pub fn run(&self, line: &str) -> Run<'_> {
        Run {
            home: self,
            args: line.split_whitespace().map(OsString::from).collect(),
            env: Vec::new(),
            input: Vec::new(),
        }
    }
}

impl Run<'_> {
    /// One more argument, whatever is in it.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// What comes through standard input.
    #[must_use]
    pub fn input(mut self, text: impl AsRef<[u8]>) -> Self {
        self.input = text.as_ref().to_owned();
        self
    }

    /// Starts it, for a conversation.
    #[track_caller]
    pub fn start(self) -> Running {
        let line = self.args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let mut command = self.home.command(&binary());
        command.args(&self.args).envs(self.env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&self.input).unwrap();
        let (out, err) = (gather(child.stdout.take().unwrap()), gather(child.stderr.take().unwrap()));
        Running { child, input, out, err, line }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn go(self) -> Outcome {
        let line = self.args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let mut command = self.home.command(&binary());
        command.args(&self.args).envs(self.env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let id = rustix::process::Pid::from_child(&child);
        let mut input = child.stdin.take().unwrap();
        let (done, ended) = mpsc::channel();
        let text = self.input;
        thread::spawn(move || {
            // A command that does not read its input may end before it is written.
            let _ = input.write_all(&text);
            drop(input);
            let _ = done.send(child.wait_with_output().unwrap());
        });
        let Ok(Output { status, stdout, stderr }) = ended.recv_timeout(AT_MOST) else {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            panic!("`grantkeep {line}` did not end within {AT_MOST:?}");
        };
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr), line }
    }
}

/// A command that runs, and is talked with. Killed when it goes out of scope.
#[derive(Debug)]
pub struct Running {
    child: Child,
    input: ChildStdin,
    out: Gathered,
    err: Gathered,
    line: String,
}

/// What has been read so far, and the thread that reads on to the end.
#[derive(Debug)]
struct Gathered {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

fn gather(mut from: impl Read + Send + 'static) -> Gathered {
    let text = Arc::<Mutex<Vec<u8>>>::default();
    let gathered = Arc::clone(&text);
    let reader = thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            gathered.lock().unwrap().extend_from_slice(&piece[..length]);
        }
    });
    Gathered { text, reader: Some(reader) }
}

impl Gathered {
    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    fn whole(&mut self) -> String {
        self.reader.take().unwrap().join().unwrap();
        self.so_far()
    }
}

impl Running {
    /// The first whole line on standard error that `is_it`; waits for it.
    #[track_caller]
    pub fn line(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        until(&format!("`grantkeep {}` says {what}", self.line), AT_MOST, || {
            let said = self.err.so_far();
            let whole = &said[..said.rfind('\n').map_or(0, |end| end + 1)];
            let found = whole.lines().find(|line| is_it(line)).map(str::to_owned);
            let ended = found.is_none() && self.child.try_wait().unwrap().is_some();
            assert!(!ended, "`grantkeep {}` ended and said no {what}: {said}{}", self.line, self.out.so_far());
            found
        })
    }

    /// The address that stands alone on a line and begins so.
    #[track_caller]
    pub fn address(&mut self, start: &str) -> Url {
        let line = self.line("an address", |line| line.trim().starts_with(start) && !line.trim().contains(' '));
        Url::parse(line.trim()).unwrap()
    }

    /// Writes to its standard input.
    pub fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// What came out when it ended. Its standard input stays open until then.
    #[track_caller]
    pub fn ended(mut self) -> Outcome {
        let status = until(&format!("`grantkeep {}` ends", self.line), AT_MOST, || self.child.try_wait().unwrap());
        let (out, err) = (self.out.whole(), self.err.whole());
        Outcome { code: status.code().unwrap_or(-1), out, err, line: std::mem::take(&mut self.line) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Outcome {
    /// It went well, and said so on standard output alone; gives that.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "grantkeep {}: {}{}", self.line, self.out, self.err);
        self.out
    }

    /// It failed with `code` after a conversation: nothing on standard output, and the two lines for people last on standard error;
    /// gives those.
    #[track_caller]
    pub fn gave_up(self, code: i32) -> String {
        let Self { line, out, err, .. } = &self;
        assert_eq!((self.code, out.as_str()), (code, ""), "grantkeep {line}: {err}");
        self.words().unwrap_or_else(|| panic!("grantkeep {line}: no error and hint in {err:?}")).1
    }

    /// It failed with `code`, nothing on standard output, and the two lines for people last on standard error; gives those.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        let Self { line, out, err, .. } = &self;
        assert_eq!(self.code, code, "grantkeep {line}: {out}{err}");
        assert_eq!(out, "", "grantkeep {line}");
        let (before, words) = self.words().unwrap_or_else(|| panic!("grantkeep {line}: no error and hint in {err:?}"));
        // Beside them only the log, which is JSON when nobody watches.
        assert!(before.iter().all(|line| line.starts_with('{')), "grantkeep {line}: {err}");
        words
    }

    fn words(&self) -> Option<(Vec<&str>, String)> {
        let mut lines: Vec<&str> = self.err.lines().collect();
        let (hint, error) = (lines.pop()?, lines.pop()?);
        let said = |line: &str, word| line.strip_prefix(word).is_some_and(|rest| !rest.trim().is_empty());
        (said(error, "error: ") && said(hint, "hint: ")).then(|| (lines, format!("{error}\n{hint}")))
    }
}
