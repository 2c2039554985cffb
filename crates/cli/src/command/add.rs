//! Owns `add`: a token, URL, fragment or JSON from standard input into a credential. What `login --paste` is given goes the same
//! way.

use std::{
    io::{self, Read},
    process::ExitCode,
};

use grantkeep_core::Secret;
use http::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::credential::segment;
use crate::{api::Api, args::Add, console, fault::CliFault, setting::Settings, text};

/// More than a server takes, so that it is the server that says so.
const LARGEST: u64 = 32 * 1024;

/// What somebody pasted, and for what.
#[derive(Debug)]
pub(super) struct Pasted<'a> {
    pub(super) provider: &'a str,
    pub(super) account: Option<&'a str>,
    pub(super) instance: Option<&'a str>,
    /// The attempt that it belongs to.
    pub(super) authorization: Option<&'a str>,
    pub(super) text: &'a Secret,
}

pub(super) async fn run(add: &Add, settings: &Settings) -> Result<ExitCode, CliFault> {
    segment(&add.provider)?;
    if io::IsTerminal::is_terminal(&io::stdin()) {
        console::note(text::PASTE_AND_END);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = io::stdin().lock().take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|error| text::input_failed(error.kind()))?;
    let pasted = std::str::from_utf8(&bytes).map_err(|_| text::input_not_text())?;
    let pasted = Pasted {
        provider: &add.provider,
        account: add.account.as_deref(),
        instance: add.instance.as_deref(),
        authorization: None,
        text: &Secret::from(pasted),
    };
    let api = Api::find(settings).await?;
    let submitted = submit(&pasted, add.json, &api).await;
    api.close().await;
    submitted
}

/// Sends what was pasted, and tells what became of it.
pub(super) async fn submit(pasted: &Pasted<'_>, as_json: bool, api: &Api) -> Result<ExitCode, CliFault> {
    let path = format!("/api/v1/oauth/{}/token/submit", segment(pasted.provider)?);
    let mut body = json!({"token_data": pasted.text.expose()});
    let besides =
        [("account_name", pasted.account), ("instance", pasted.instance), ("authorization_id", pasted.authorization)];
    for (name, value) in besides {
        if let Some(value) = value {
            body[name] = Value::from(value);
        }
    }
    let answer = api.ask(Method::POST, &path, Some(&body)).await?;
    let saved = answer.json()?;
    if as_json {
        console::line(answer.text()?)?;
    } else {
        console::line(&text::saved(pasted.provider, &saved))?;
    }
    if saved["verified"] == false {
        console::note(&format!("{}: {}", text::WARNING, text::UNVERIFIED));
    }
    Ok(ExitCode::SUCCESS)
}
