//! Owns what a person pastes or a program pipes in: hidden on a terminal, with a bound, never cut within a character.

use std::{
    io::{self, BufRead, IsTerminal, Read},
    thread,
};

use grantkeep_core::Secret;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::{fault::CliFault, text};

/// More than a server takes, so that it is the server that says so.
const LARGEST: u64 = 32 * 1024;

/// How much is read where standard input is no terminal. On a terminal it is a line always.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent {
    Everything,
    Line,
}

/// Whether a person is asked.
pub(crate) fn is_asked() -> bool {
    io::stdin().is_terminal()
}

/// Reads in a thread of its own, which is left behind when nobody waits for it any more: reading cannot be called off. `stopped` is what
/// Ctrl-C means at a prompt that hides what is typed.
pub(crate) async fn read(extent: Extent, stopped: fn() -> CliFault) -> Result<Secret, CliFault> {
    let _terminal = Terminal::remember();
    let (send, receive) = oneshot::channel();
    let begun = thread::Builder::new().spawn(move || {
        let _ = send.send(read_here(extent));
    });
    let read = match begun {
        Ok(_) => receive.await.unwrap_or(Err(io::ErrorKind::UnexpectedEof.into())),
        Err(error) => Err(error),
    };
    read.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => stopped(),
        io::ErrorKind::InvalidData => text::input_not_text(),
        kind => text::input_failed(kind),
    })
}

/// Not shown while it is pasted: a terminal is often recorded, or watched. Nor left to the terminal's own lines, which lose what is beyond
/// 4095 characters.
fn read_here(extent: Extent) -> io::Result<Secret> {
    if is_asked() {
        return rpassword::prompt_password(text::PASTE_PROMPT).map(Secret::from);
    }
    piped(io::stdin().lock(), extent)
}

fn piped(input: impl BufRead, extent: Extent) -> io::Result<Secret> {
    let (mut input, mut bytes) = (input.take(LARGEST), Zeroizing::new(Vec::new()));
    match extent {
        Extent::Everything => input.read_to_end(&mut bytes)?,
        Extent::Line => input.read_until(b'\n', &mut bytes)?,
    };
    let is_cut = input.limit() == 0;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Secret::from(text)),
        // The bound is within a character.
        Err(error) if is_cut && error.error_len().is_none() => {
            bytes.truncate(error.valid_up_to());
            std::str::from_utf8(&bytes).map(Secret::from).map_err(|_| io::ErrorKind::InvalidData.into())
        }
        Err(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The terminal as it was: a prompt that is left behind has hidden what is typed. What was pasted beyond the line is thrown away, or the
/// shell would take it for commands.
struct Terminal(Option<Termios>);

impl Terminal {
    fn remember() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
            let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_piped_is_text_of_a_bounded_length() {
        let most = usize::try_from(LARGEST).unwrap();
        let cyrillic = "я".repeat(most);
        let shifted = format!("a{cyrillic}");
        #[rustfmt::skip]
        let rows: [(&[u8], Extent, Option<&str>); 9] = [
            (b"token\n",               Extent::Line,       Some("token\n")),
            (b"{\n \"a\": 1\n}\n",    Extent::Line,       Some("{\n")),
            (b"{\n \"a\": 1\n}\n",    Extent::Everything, Some("{\n \"a\": 1\n}\n")),
            (b"",                      Extent::Everything, Some("")),
            (cyrillic.as_bytes(),      Extent::Everything, Some(&cyrillic[..most])),
            (shifted.as_bytes(),       Extent::Everything, Some(&shifted[..most - 1])),
            (shifted.as_bytes(),       Extent::Line,       Some(&shifted[..most - 1])),
            (b"\xd1",                  Extent::Everything, None),
            (b"token\xff\n",           Extent::Line,       None),
        ];
        for (input, extent, expected) in rows {
            let read = piped(input, extent);
            let shown = &input[..input.len().min(20)];
            assert_eq!(read.as_ref().ok().map(Secret::expose), expected, "{shown:?} {extent:?}");
        }
        // No end is waited for.
        assert_eq!(piped(io::BufReader::new(io::repeat(b'0')), Extent::Line).unwrap().expose().len(), most);
    }
}
