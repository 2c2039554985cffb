//! Owns opening a browser: which program, and whether there is anybody who could see it.
//!
//! Other users of the machine can read the arguments of a program. So nothing but a connect link is ever opened, which works once
//! and shows nothing.

use std::{
    env,
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// Programs that open an address, in the order in which they are tried.
#[cfg(target_os = "macos")]
const OPENERS: &[&str] = &["open"];
#[cfg(not(target_os = "macos"))]
const OPENERS: &[&str] = &["wslview", "xdg-open"];

/// What of the environment decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desktop {
    /// `BROWSER`: commands, separated by colons; `%s` is the address.
    browser: Option<String>,
    /// Whether there is a screen.
    has_screen: bool,
}

impl Desktop {
    /// This one.
    pub(crate) fn here() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let has_screen =
            cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(set);
        Self { browser: env::var("BROWSER").ok().filter(|browser| !browser.is_empty()), has_screen }
    }

    /// Opens `link`. False: there is no browser here.
    pub(crate) fn open(&self, link: &str) -> bool {
        self.commands(link).iter_mut().any(start)
    }

    /// Every command worth trying. Who sets `BROWSER` knows better than we whether there is a screen.
    fn commands(&self, link: &str) -> Vec<Command> {
        let own = self.browser.iter().flat_map(|browser| browser.split(':')).filter_map(|text| command(text, link));
        let usual = OPENERS.iter().filter(|_| self.has_screen).filter_map(|name| command(name, link));
        own.chain(usual).collect()
    }
}

/// A program and its arguments, as they stand in `BROWSER`. There is no shell.
fn command(text: &str, link: &str) -> Option<Command> {
    let mut words = text.split_whitespace();
    let mut command = Command::new(words.next()?);
    let (mut arguments, mut placed) = (Vec::new(), false);
    for word in words {
        placed |= word.contains("%s");
        arguments.push(word.replace("%s", link));
    }
    if !placed {
        arguments.push(link.to_owned());
    }
    command.args(arguments);
    Some(command)
}

/// Starts it on its own: it outlives us, Ctrl-C is not meant for it, and our settings are not its business.
fn start(command: &mut Command) -> bool {
    let ours: Vec<OsString> = env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_str().is_some_and(|name| name.starts_with("GRANTKEEP_")))
        .collect();
    for name in ours {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_that_is_set_comes_first_and_no_shell_reads_it() {
        let link = "http://127.0.0.1:8000/connect/x";
        #[rustfmt::skip]
        let rows: [(Option<&str>, bool, &[&str]); 6] = [
            (None,                        false, &[]),
            (None,                        true,  &[]),
            (Some("w3m"),                 false, &["w3m LINK"]),
            (Some("firefox -P 'a b' %s"), false, &["firefox -P 'a b' LINK"]),
            (Some("one --new=%s:two;rm"), false, &["one --new=LINK", "two;rm LINK"]),
            (Some(":w3m"),                true,  &["w3m LINK"]),
        ];
        for (browser, has_screen, own) in rows {
            let usual = OPENERS.iter().filter(|_| has_screen).map(|name| format!("{name} LINK"));
            let expected: Vec<String> = own.iter().map(|line| (*line).to_owned()).chain(usual).collect();
            let desktop = Desktop { browser: browser.map(str::to_owned), has_screen };
            let line = |command: &Command| {
                let words = std::iter::once(command.get_program()).chain(command.get_args());
                words.map(|word| word.to_str().unwrap().replace(link, "LINK")).collect::<Vec<_>>().join(" ")
            };
            let lines: Vec<String> = desktop.commands(link).iter().map(line).collect();
            assert_eq!(lines, expected, "{browser:?}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_no_browser() {
        let desktop = Desktop { browser: Some("/nonexistent/browser:/nonexistent/other".into()), has_screen: false };
        assert!(!desktop.open("http://127.0.0.1:1/"));
    }
}
