//! Owns `login --paste`: shows where to allow the access, and takes what a person copies from there.

use std::{
    io::{self, BufRead, IsTerminal},
    process::ExitCode,
    thread,
};

use grantkeep_core::Secret;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::attempt::{Begun, End, give_up};
use crate::{
    api::Api,
    args::Login,
    command::add::{Pasted, submit},
    console,
    fault::CliFault,
    process::Stop,
    setting::Settings,
    text,
};

pub(super) async fn run(
    login: &Login,
    settings: &Settings,
    begun: &Begun,
    mut stop: Stop,
) -> Result<ExitCode, CliFault> {
    let url = begun.authorization_url.as_deref().ok_or_else(text::strange_answer)?;
    let by_vk_page = login.provider == "vk" && begun.is_implicit;
    console::note(&if by_vk_page {
        text::paste_from_vk(url, settings.remote.is_some())
    } else {
        text::paste_what_follows(url)
    });
    let pasted = prompt(login, &mut stop).await;
    let api = Api::find(settings).await?;
    let result = match &pasted {
        Ok(pasted) => {
            let pasted = Pasted {
                provider: &login.provider,
                account: login.account.as_deref(),
                instance: login.instance.as_deref(),
                authorization: Some(&begun.id),
                text: pasted,
            };
            submit(&pasted, login.json, &api).await
        }
        Err(_) => Ok(ExitCode::FAILURE),
    };
    if pasted.is_err() || result.is_err() {
        give_up(begun, &api, &mut stop).await;
    }
    api.close().await;
    pasted.and(result)
}

async fn prompt(login: &Login, stop: &mut Stop) -> Result<Secret, CliFault> {
    let _terminal = Terminal::remember();
    let typed = tokio::select! {
        typed = line() => typed,
        () = tokio::time::sleep(login.timeout) => return Err(left_behind(&End::Late, login)),
        () = stop.asked() => return Err(left_behind(&End::Stopped, login)),
    };
    typed.map_err(|error| match error.kind() {
        // Ctrl-C at a prompt that hides what is typed.
        io::ErrorKind::Interrupted => text::login_stopped(),
        kind => text::input_failed(kind),
    })
}

/// The prompt still stands there, with nothing behind it.
fn left_behind(end: &End, login: &Login) -> CliFault {
    if io::stdin().is_terminal() {
        console::note("");
    }
    end.fault(login.timeout)
}

/// Reads a line in a thread of its own, which is left behind when nobody waits for it any more: reading cannot be called off.
async fn line() -> io::Result<Secret> {
    let (send, receive) = oneshot::channel();
    thread::Builder::new().spawn(move || {
        let _ = send.send(read());
    })?;
    receive.await.unwrap_or(Err(io::ErrorKind::UnexpectedEof.into()))
}

/// Not shown while it is pasted: a terminal is often recorded, or watched.
fn read() -> io::Result<Secret> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(text::PASTE_PROMPT).map(Secret::from);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Secret::from(line))
}

/// The terminal as it was: a prompt that is left behind has hidden what is typed.
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
        }
    }
}
