//! Owns `revoke`: a credential is withdrawn at its provider, then forgotten here.

use std::process::ExitCode;

use http::Method;

use super::credential;
use crate::{api::Api, args::Revoke, console, fault::CliFault, text};

pub(super) async fn run(revoke: &Revoke, api: &Api) -> Result<ExitCode, CliFault> {
    let found = credential::find(&revoke.target, api).await?;
    let id = found["id"].as_i64().ok_or_else(text::strange_answer)?;
    api.ask(Method::POST, &format!("/api/v1/credentials/{id}/revoke"), None).await?;
    console::line(&text::revoked(&found))?;
    Ok(ExitCode::SUCCESS)
}
