//! Our binary in a home of its own: settings, logins that wait for the browser, and what was kept in the end.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::child::{Child, Ended};
use super::flow::{Done, ensure};
use super::server::World;
use crate::process::Stream;

/// A data directory and the settings that go with it; everything else of our own environment is left out.
pub(super) struct Home {
    directory: PathBuf,
    settings: Vec<(&'static str, String)>,
    /// Words before those of every command.
    always: &'static [&'static str],
}

impl Home {
    /// With this configuration file.
    pub(super) fn new(world: &World, name: &str, configuration: &str) -> Result<Self, String> {
        let directory = world.place.join(name.replace('/', "-"));
        let file = directory.join("config.toml");
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(&file, configuration))
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        let settings = vec![
            ("GRANTKEEP_CONFIG", file.display().to_string()),
            ("GRANTKEEP_DATA_DIR", directory.join("data").display().to_string()),
            ("GRANTKEEP_LISTEN", format!("127.0.0.1:{}", world.port)),
        ];
        Ok(Self { directory, settings, always: &[] })
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// Every command is for the sandbox.
    pub(super) fn in_sandbox(self) -> Self {
        Self { always: &["--sandbox"], ..self }
    }

    /// A file in the folder that is its `HOME`.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let program = target.join("debug").join("grantkeep");
        let mut command = Command::new(std::path::absolute(&program).unwrap_or(program));
        command.args(self.always).args(arguments).env_clear().current_dir(&self.directory);
        command.env("HOME", &self.directory).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a command and leaves it running.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Child, String> {
        let name = format!("grantkeep {}", arguments.join(" "));
        Child::start(&name, &mut self.command(arguments), Stdio::piped()).map(Child::killable)
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Result<Ended, String> {
        let mut child = self.start(arguments)?;
        if !input.is_empty() {
            child.say(input)?;
        }
        child.hang_up();
        child.end()
    }

    /// `login` without a browser of its own. It waits.
    pub(super) fn login(&self, arguments: &[&str]) -> Result<Login, String> {
        let words = [&["login"], arguments, &["--no-browser"]].concat();
        Ok(Login { child: self.start(&words)? })
    }

    /// What `status --json` lists.
    pub(super) fn credentials(&self) -> Result<Vec<Value>, String> {
        let ended = self.run(&["status", "--json"], "")?;
        let answer: Value = serde_json::from_str(&ended.stdout)
            .map_err(|error| format!("`status --json` printed something else: {error}: {ended:?}"))?;
        answer["credentials"].as_array().cloned().ok_or_else(|| format!("no credentials in {answer}"))
    }

    /// The only credential, which must have been confirmed by its provider.
    pub(super) fn confirmed(&self) -> Result<Value, String> {
        self.all_confirmed(1).map(|mut credentials| credentials.swap_remove(0))
    }

    /// So many credentials, each confirmed by its provider.
    pub(super) fn all_confirmed(&self, count: usize) -> Result<Vec<Value>, String> {
        let credentials = self.credentials()?;
        ensure(credentials.len() == count, || format!("{} credentials instead of {count}", credentials.len()))?;
        for credential in &credentials {
            // A token of an hour that nothing renews is due from its beginning.
            let alive = credential["last_check"]["outcome"] == "alive";
            let state = credential["state"].as_str().unwrap_or_default();
            ensure(alive && ["valid", "expiring"].contains(&state), || format!("not confirmed: {credential}"))?;
        }
        Ok(credentials)
    }

    pub(super) fn nothing_kept(&self) -> Done {
        let credentials = self.credentials()?;
        ensure(credentials.is_empty(), || format!("something was kept: {credentials:?}"))
    }

    /// What `token` prints: the token and a newline, nothing else.
    pub(super) fn token(&self, name: &str) -> Result<String, String> {
        self.run(&["token", name], "")?.token()
    }
}

/// A login that waits for somebody to come back from the browser.
pub(super) struct Login {
    child: Child,
}

/// What a login asks a person to do.
#[derive(Debug)]
pub(super) struct Request {
    /// The line that is an address and nothing else.
    pub(super) address: String,
    /// The code to type there, where one was shown beside it.
    pub(super) code: Option<String>,
}

impl Login {
    /// The address to open: a line of standard error that is one, and nothing else.
    pub(super) fn address(&mut self) -> Result<String, String> {
        self.child.wait_for("an address to open", |stream, line| {
            (matches!(stream, Stream::Stderr) && is_address(line)).then(|| line.to_owned())
        })
    }

    /// The same, with a code that stands on a line before or after it.
    pub(super) fn request(&mut self) -> Result<Request, String> {
        let mut request = Request { address: String::new(), code: None };
        while request.address.is_empty() || (request.code.is_none() && !request.address.contains("user_code=")) {
            let line = self.child.wait_for("an address and a code", |_: Stream, line: &str| Some(line.to_owned()))?;
            if is_address(&line) {
                request.address = line;
            } else if let Some(code) = line.split_whitespace().map(trim).find(|word| is_code(word)) {
                request.code = Some(code.to_owned());
            }
        }
        Ok(request)
    }

    pub(super) fn type_in(&mut self, line: &str) -> Done {
        self.child.say(line)
    }

    pub(super) fn end(self) -> Result<Ended, String> {
        self.child.end()
    }
}

impl Ended {
    pub(super) fn expect(self, code: i32) -> Result<Self, String> {
        if self.code == Some(code) { Ok(self) } else { Err(format!("exit code {code} was meant: {self:?}")) }
    }

    /// The token that `token` printed.
    pub(super) fn token(self) -> Result<String, String> {
        let ended = self.expect(0)?;
        let token = ended.stdout.strip_suffix('\n').unwrap_or_default();
        let whole = !token.is_empty() && !token.contains(char::is_whitespace);
        ensure(whole, || format!("`token` printed {:?}", ended.stdout))?;
        Ok(token.to_owned())
    }

    /// It failed as a person can read: one of the codes, `error:` and `hint:`, and no secret of the flow in it.
    pub(super) fn failed(self, codes: &[i32], secrets: &[&str]) -> Result<Self, String> {
        let code = self.code.is_some_and(|code| codes.contains(&code));
        ensure(code, || format!("one of the exit codes {codes:?} was meant: {self:?}"))?;
        for word in ["error: ", "hint: "] {
            ensure(self.stderr.lines().any(|line| line.starts_with(word)), || format!("no `{word}`: {self:?}"))?;
        }
        let told = secrets
            .iter()
            .any(|secret| !secret.is_empty() && (self.stderr.contains(secret) || self.stdout.contains(secret)));
        ensure(!told, || "the message tells a secret".to_owned())?;
        Ok(self)
    }
}

fn is_address(line: &str) -> bool {
    (line.starts_with("http://") || line.starts_with("https://")) && !line.contains(char::is_whitespace)
}

fn trim(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric())
}

/// Capitals and digits, eight or more, perhaps in groups: as device grants show their codes.
fn is_code(word: &str) -> bool {
    let letters = word.chars().filter(|letter| *letter != '-');
    letters.clone().count() >= 8
        && letters.into_iter().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_address, is_code, trim};

    #[test]
    fn tells_addresses_and_codes_from_prose() {
        for (line, address, code) in [
            ("http://127.0.0.1:1/o?a=b", true, None),
            ("Open http://127.0.0.1:1/ now", false, None),
            ("and type the code WDJB-MJHT.", false, Some("WDJB-MJHT")),
            ("ABCD2345", false, Some("ABCD2345")),
            ("VK-ID", false, None),
        ] {
            assert_eq!(is_address(line), address, "{line}");
            assert_eq!(line.split_whitespace().map(trim).find(|word| is_code(word)), code, "{line}");
        }
    }
}
