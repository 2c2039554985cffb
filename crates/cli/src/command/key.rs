//! Owns `key`: API keys are issued, listed and revoked beside the data directory only.

use std::process::ExitCode;

use grantkeep_core::Owner;
use http::Method;
use serde_json::json;

use super::credential::segment;
use crate::{
    api::Api,
    args::{KeyIssue, KeyList, KeyRevoke, Permission},
    console::{self, Table},
    fault::CliFault,
    text,
};

pub(super) async fn issue(issue: &KeyIssue, owner: &Owner, api: &Api) -> Result<ExitCode, CliFault> {
    here_only(api)?;
    let can: Vec<&str> = issue.can.iter().copied().map(Permission::word).collect();
    let mut body = json!({"owner": owner.as_str(), "ttl_seconds": issue.ttl.as_secs().to_string()});
    if !can.is_empty() {
        body["can"] = can.join(" ").into();
    }
    if !issue.provider.is_empty() {
        body["providers"] = issue.provider.join(" ").into();
    }
    let answer = api.ask(Method::POST, "/local/keys", Some(&body)).await?;
    let issued = answer.json()?;
    if issue.json {
        console::line(answer.text()?)?;
    } else {
        // The key alone goes to standard output, so that a script can take it.
        console::line(issued["key"].as_str().ok_or_else(text::strange_answer)?)?;
        console::note(&text::key_issued(&issued));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn list(list: &KeyList, api: &Api) -> Result<ExitCode, CliFault> {
    here_only(api)?;
    let answer = api.ask(Method::GET, "/local/keys", None).await?;
    if list.json {
        console::line(answer.text()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let keys = answer.json()?;
    let keys = keys["keys"].as_array().ok_or_else(text::strange_answer)?;
    if keys.is_empty() {
        console::line(text::NO_KEYS)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&text::KEY_HEADINGS);
    for key in keys {
        let columns = ["id", "owner", "can", "providers", "expires_at", "state"];
        table.row(columns.map(|name| key[name].as_str().unwrap_or("-").to_owned()), None);
    }
    table.print(false)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn revoke(revoke: &KeyRevoke, api: &Api) -> Result<ExitCode, CliFault> {
    here_only(api)?;
    let id = segment(&revoke.id).ok_or_else(text::no_such_key)?;
    api.ask(Method::DELETE, &format!("/local/keys/{id}"), None).await?;
    console::line(&text::key_revoked(id))?;
    Ok(ExitCode::SUCCESS)
}

fn here_only(api: &Api) -> Result<(), CliFault> {
    if api.is_remote() { Err(text::local_only("key")) } else { Ok(()) }
}
