//! Owns `refresh`: a token is renewed now, without a person and without waiting until it is due.

use std::process::ExitCode;

use http::Method;

use super::credential;
use crate::{api::Api, args::Refresh, console, fault::CliFault, text};

pub(super) async fn run(refresh: &Refresh, api: &Api) -> Result<ExitCode, CliFault> {
    let found = credential::find(&refresh.target, api).await?;
    let id = found["id"].as_i64().ok_or_else(text::strange_answer)?;
    if console::is_watched() {
        console::note(text::RENEWING);
    }
    let answer = api.ask(Method::POST, &format!("/api/v1/credentials/{id}/refresh"), None).await?;
    if refresh.json {
        console::line(answer.text()?)?;
    } else {
        console::line(&text::renewed(&answer.json()?))?;
    }
    Ok(ExitCode::SUCCESS)
}
