//! Owns `forget`: a credential is removed here; the provider is not told.

use std::process::ExitCode;

use http::Method;

use super::credential;
use crate::{api::Api, args::Forget, console, fault::CliFault, text};

pub(super) async fn run(forget: &Forget, api: &Api) -> Result<ExitCode, CliFault> {
    let found = credential::find(&forget.target, api).await?;
    let id = found["id"].as_i64().ok_or_else(text::strange_answer)?;
    api.ask(Method::DELETE, &format!("/api/v1/credentials/{id}"), None).await?;
    console::line(&text::forgotten(&found))?;
    Ok(ExitCode::SUCCESS)
}
