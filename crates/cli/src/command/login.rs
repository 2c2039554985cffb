//! Owns `login`: says where to get a token, and takes what is pasted.

use std::{
    io::{self, BufRead, IsTerminal},
    process::ExitCode,
};

use grantkeep_core::Secret;
use http::Method;

use super::{add::submit, credential::segment};
use crate::{api::Api, args::Login, console, fault::CliFault, setting::Settings, text};

pub(super) async fn run(login: &Login, settings: &Settings) -> Result<ExitCode, CliFault> {
    let provider = segment(&login.provider)?;
    if !login.paste {
        return Err(text::only_paste(provider));
    }
    let path = format!("/api/v1/oauth/{provider}/authorize/implicit");
    let api = Api::find(settings).await?;
    let answer = api.ask(Method::GET, &path, None).await;
    api.close().await;
    let answer = answer.map_err(|fault| text::no_such_login(provider, fault))?;
    let url = answer.json()?["authorization_url"].as_str().map(str::to_owned).ok_or_else(text::strange_answer)?;
    // To standard error: standard output is for the result.
    console::note(&text::login_steps(&url));
    let pasted = prompt()?;
    submit(provider, login.account.as_deref(), &pasted, login.json, settings).await
}

/// Not shown while it is pasted: a terminal is often recorded, or watched.
fn prompt() -> Result<Secret, CliFault> {
    let pasted = if io::stdin().is_terminal() {
        rpassword::prompt_password(text::PASTE_PROMPT)
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    pasted.map(Secret::from).map_err(|error| text::input_failed(error.kind()))
}
