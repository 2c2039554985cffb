//! Owns `add`: a token, URL, fragment or JSON from standard input into a credential.

use std::{
    io::{self, Read},
    process::ExitCode,
};

use grantkeep_core::Secret;
use http::Method;
use serde_json::json;
use zeroize::Zeroizing;

use super::credential::segment;
use crate::{api::Api, args::Add, console, fault::CliFault, setting::Settings, text};

/// More than a server takes, so that it is the server that says so.
const LARGEST: u64 = 32 * 1024;

pub(super) async fn run(add: &Add, settings: &Settings) -> Result<ExitCode, CliFault> {
    segment(&add.provider)?;
    if io::IsTerminal::is_terminal(&io::stdin()) {
        console::note(text::PASTE_AND_END);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = io::stdin().lock().take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|error| text::input_failed(error.kind()))?;
    let pasted = std::str::from_utf8(&bytes).map_err(|_| text::input_not_text())?;
    submit(&add.provider, add.account.as_deref(), &Secret::from(pasted), add.json, settings).await
}

/// Sends what was pasted, and tells what became of it.
pub(super) async fn submit(
    provider: &str,
    account: Option<&str>,
    pasted: &Secret,
    as_json: bool,
    settings: &Settings,
) -> Result<ExitCode, CliFault> {
    let path = format!("/api/v1/oauth/{}/token/submit", segment(provider)?);
    let body = json!({"token_data": pasted.expose(), "account_name": account});
    let api = Api::find(settings).await?;
    let answer = api.ask(Method::POST, &path, Some(&body)).await;
    api.close().await;
    let answer = answer?;
    let saved = answer.json()?;
    if as_json {
        console::line(answer.text()?)?;
    } else {
        console::line(&text::saved(provider, &saved))?;
    }
    if saved["verified"] == false {
        console::note(&format!("{}: {}", text::WARNING, text::UNVERIFIED));
    }
    Ok(ExitCode::SUCCESS)
}
