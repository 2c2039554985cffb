//! Other programs: run, read, or watched while their output passes through.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::step::Failure;

/// `cargo ARGUMENTS`, by the toolchain in use.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments);
    command
}

/// Runs it with our own output.
pub(crate) fn run(command: &mut Command, remedy: &str) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}`: {status}", shown(command)), remedy)) }
}

/// Runs it and gives back what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`{}`: {}", shown(command), output.status), "see its message above"));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::new(format!("`{}` did not print text", shown(command)), "run it by hand"))
}

/// Does it start and end well? It stays silent.
pub(crate) fn answers(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Which of a program's two outputs is watched; the other is passed on untouched.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Stderr,
    Stdout,
}

/// Runs it, passes its output on as it comes, and shows each line of one stream to `see`. True: it ended well.
pub(crate) fn watch(command: &mut Command, stream: Stream, mut see: impl FnMut(&str)) -> Result<bool, Failure> {
    match stream {
        Stream::Stderr => command.stderr(Stdio::piped()),
        Stream::Stdout => command.stdout(Stdio::piped()),
    };
    let mut child = command.spawn().map_err(|error| not_started(command, &error))?;
    let broken = |error: std::io::Error| Failure::new(format!("reading its output: {error}"), "run it again");
    match stream {
        Stream::Stderr => child.stderr.take().map(|pipe| pass_on(pipe, std::io::stderr(), &mut see)),
        Stream::Stdout => child.stdout.take().map(|pipe| pass_on(pipe, std::io::stdout(), &mut see)),
    }
    .transpose()
    .map_err(broken)?;
    Ok(child.wait().map_err(broken)?.success())
}

fn pass_on(from: impl Read, mut to: impl Write, see: &mut impl FnMut(&str)) -> std::io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        see(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(())
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` did not start: {error}", shown(command)), "install it, or put it on the PATH")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
