//! Owns `login --paste`: shows where to allow the access, and takes what a person copies from there.

use std::process::ExitCode;

use grantkeep_core::Secret;

use super::attempt::{Begun, End, give_up};
use crate::{
    api::Api,
    args::Login,
    command::add::{Pasted, submit},
    console,
    fault::CliFault,
    process::Stop,
    prompt::{self, Extent},
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
    let pasted = ask(login, &mut stop).await;
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

async fn ask(login: &Login, stop: &mut Stop) -> Result<Secret, CliFault> {
    tokio::select! {
        pasted = prompt::read(Extent::Line, text::login_stopped) => pasted,
        () = tokio::time::sleep(login.timeout) => Err(left_behind(&End::Late, login)),
        () = stop.asked() => Err(left_behind(&End::Stopped, login)),
    }
}

/// The prompt still stands there, with nothing behind it.
fn left_behind(end: &End, login: &Login) -> CliFault {
    if prompt::is_asked() {
        console::note("");
    }
    end.fault(login.timeout)
}
