//! Owns `add`: a token, URL, fragment or JSON from standard input into a credential. What `login --paste` is given goes the same
//! way.

use std::process::ExitCode;

use grantkeep_core::Secret;
use http::Method;
use serde_json::{Value, json};

use super::{credential::segment, until_stopped};
use crate::{
    api::Api,
    args::Add,
    console,
    fault::CliFault,
    process::Stop,
    prompt::{self, Extent},
    setting::Settings,
    text,
};

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
    segment(&add.provider).ok_or_else(text::no_such_provider)?;
    if prompt::is_asked() {
        console::note(text::PASTE_WHAT);
    }
    let mut stop = Stop::listen().map_err(|error| text::no_signals(error.kind()))?;
    let text = tokio::select! {
        text = prompt::read(Extent::Everything, text::stopped) => text?,
        () = stop.asked() => return Err(text::stopped()),
    };
    let pasted = Pasted {
        provider: &add.provider,
        account: add.account.as_deref(),
        instance: add.instance.as_deref(),
        authorization: None,
        text: &text,
    };
    until_stopped(settings, &mut stop, async |api| submit(&pasted, add.json, api).await).await
}

/// Sends what was pasted, and tells what became of it.
pub(super) async fn submit(pasted: &Pasted<'_>, as_json: bool, api: &Api) -> Result<ExitCode, CliFault> {
    let path = format!("/api/v1/oauth/{}/token/submit", segment(pasted.provider).ok_or_else(text::no_such_provider)?);
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
