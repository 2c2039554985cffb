//! Owns `forget`: a credential is removed here, damaged or not; the provider is not told.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;

use super::credential;
use crate::{
    api::Api,
    args::{Forget, Target},
    console,
    fault::CliFault,
    text,
};

pub(super) async fn run(forget: &Forget, api: &Api) -> Result<ExitCode, CliFault> {
    let found = match credential::find(&forget.target, api).await {
        Ok(found) => found,
        // Perhaps because it does not read.
        Err(fault) => damaged(&forget.target, api).await?.ok_or(fault)?,
    };
    let id = found["id"].as_i64().ok_or_else(text::strange_answer)?;
    api.ask(Method::DELETE, &format!("/api/v1/credentials/{id}"), None).await?;
    console::line(&text::forgotten(&found))?;
    Ok(ExitCode::SUCCESS)
}

/// The damaged credential that `target` names, if it is the only one that may be meant.
async fn damaged(target: &Target, api: &Api) -> Result<Option<Value>, CliFault> {
    let kept =
        credential::all(Some(credential::segment(&target.provider).ok_or_else(text::no_such_provider)?), api).await?;
    let is_meant = |damaged: &Value| match &target.account {
        Some(account) => damaged["account_name"] == account.as_str(),
        None => kept.credentials.is_empty(),
    };
    let mut meant = kept.damaged.iter().filter(|damaged| is_meant(damaged));
    Ok(meant.next().filter(|_| meant.next().is_none()).cloned())
}
