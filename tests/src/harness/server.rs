//! Owns running servers: started with a home and an environment, found by what they print, ended one way or another.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{home::Home, http::Client, jwt, memory::Memory, program::binary, vk::Vk, wait::until};

/// Longer than any start or end, on whatever machine.
const AT_MOST: Duration = Duration::from_secs(60);

/// The lines of a greeting come one right after the other.
const NEXT_LINE: Duration = Duration::from_secs(1);

/// A server to be started.
#[derive(Debug)]
pub struct Serve<'a> {
    home: &'a Home,
    args: Vec<String>,
    env: Vec<(String, OsString)>,
    /// A file in the place of `/etc/hosts`.
    hosts: Option<PathBuf>,
}

/// A server that runs. Killed when it goes out of scope.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where the API is.
    pub address: SocketAddr,
    /// What it printed at start.
    pub words: String,
    log: PathBuf,
}

impl Home {
    /// A server on a free port.
    pub fn serve(&self) -> Serve<'_> {
        self.serve_with(["serve", "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec())
    }

    /// A server with exactly these arguments.
    pub fn serve_with(&self, args: Vec<String>) -> Serve<'_> {
        Serve { home: self, args, env: Vec::new(), hosts: None }
    }

    /// Everything that servers of this home have logged.
    pub fn log(&self) -> String {
        let logs = super::home::files(&self.logs());
        logs.iter().map(|(_, text)| String::from_utf8_lossy(text)).collect()
    }
}

impl Serve<'_> {
    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// With other names in `/etc/hosts`, where [`hosts_can_be_replaced`].
    #[must_use]
    pub fn with_hosts(mut self, file: PathBuf) -> Self {
        self.hosts = Some(file);
        self
    }

    /// With the emulated VK for VK.
    #[must_use]
    pub fn at(self, vk: &Vk) -> Self {
        vk.settings().into_iter().fold(self, |serve, (name, value)| serve.env(name, value))
    }

    /// With the secret of the tests' JWTs.
    #[must_use]
    pub fn with_secret(self) -> Self {
        self.env("GRANTKEEP_JWT_SECRET", jwt::SECRET)
    }

    /// Starts it and waits until it has said where it is.
    #[track_caller]
    pub fn go(self) -> Server {
        let (mut child, log) = self.spawn();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        // Reads on to the end, so that the server never writes into a closed pipe.
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let (mut address, mut words) = (None, String::new());
        let patience = |address: &Option<SocketAddr>| if address.is_some() { NEXT_LINE } else { AT_MOST };
        while let Ok(line) = told.recv_timeout(patience(&address)) {
            address = address.or_else(|| address_in_greeting(&line));
            words.push_str(&line);
            words.push('\n');
            // The last line without a sandbox. With one, nothing more comes.
            if line.contains("grantkeep key issue") {
                break;
            }
        }
        // The channel stays open for what comes later.
        thread::spawn(move || told.into_iter().for_each(drop));
        // Greeted by the name that others know it by, it tells its address to the log.
        let Some(address) = address.or_else(|| address_in_log(&fs::read_to_string(&log).ok()?)) else {
            let _ = child.kill();
            let status = child.wait().unwrap();
            panic!("the server did not start ({status}): {words}{}", fs::read_to_string(&log).unwrap());
        };
        Server { child, address, words, log }
    }
}

impl Serve<'_> {
    /// Starts it and kills it soon, wherever in its start it is then.
    pub fn go_and_die(self, after: Duration) {
        let (mut child, _) = self.spawn();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn spawn(self) -> (Child, PathBuf) {
        let number = fs::read_dir(self.home.logs()).unwrap().count();
        let log = self.home.logs().join(format!("serve-{number}.log"));
        let program = binary();
        let mut command = match &self.hosts {
            None => self.home.command(&program),
            Some(hosts) => {
                let mut command = self.home.command(Path::new("unshare"));
                command.args(UNSHARE).arg("mount --bind \"$0\" /etc/hosts && exec \"$@\"").arg(hosts).arg(&program);
                command
            }
        };
        command.args(&self.args).envs(self.env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        (command.spawn().unwrap(), log)
    }
}

/// A shell in a mount namespace of its own.
const UNSHARE: [&str; 4] = ["--map-root-user", "--mount", "sh", "-c"];

/// Whether a program can be given an `/etc/hosts` of its own here; not everywhere may users make namespaces.
pub fn hosts_can_be_replaced() -> bool {
    let mut command = Command::new("unshare");
    command.args(UNSHARE).arg("mount --bind /dev/null /etc/hosts").stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The address of a line such as `grantkeep is listening on http://127.0.0.1:8000` or `address:  http://…`.
fn address_in_greeting(line: &str) -> Option<SocketAddr> {
    let named = line.starts_with("grantkeep is listening") || line.starts_with("address:");
    let (_, rest) = line.split_once("http://").filter(|_| named)?;
    rest.split_whitespace().next()?.parse().ok()
}

fn address_in_log(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once(r#""message":"listening","address":""#)?;
    rest.split('"').next()?.parse().ok()
}

impl Server {
    /// A client that is nobody yet.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client for `owner` who may do everything but administration.
    pub fn client_of(&self, owner: &str) -> Client {
        self.client().bearer(&jwt::key(owner, "status submit token"))
    }

    /// The number of its process.
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What it has in memory.
    pub fn memory(&self) -> Memory {
        Memory::of(self.id())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// It has not panicked, and is still there.
    #[track_caller]
    pub fn is_well(&mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "the server has ended: {}", self.log());
        let log = self.log();
        let panicked = log.lines().find(|line| line.contains("panicked at"));
        assert_eq!(panicked, None);
        self.client().get("/healthz").expect(200);
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and says how it did.
    pub fn stop(mut self) -> ExitStatus {
        self.ask_to_stop();
        self.ended()
    }

    /// Asks it to end.
    pub fn ask_to_stop(&self) {
        kill_process(self.id(), Signal::TERM).unwrap();
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        until("the server ends", AT_MOST, || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
