//! Owns `calendar`: the secret address of the calendar that says when a person is needed.

use std::process::ExitCode;

use grantkeep_core::Owner;
use http::Method;
use serde_json::json;

use crate::{api::Api, args::Calendar, console, fault::CliFault, text};

pub(super) async fn run(calendar: &Calendar, owner: &Owner, api: &Api) -> Result<ExitCode, CliFault> {
    if api.is_remote() {
        return Err(text::local_only("calendar"));
    }
    let mut body = json!({ "owner": owner.as_str() });
    if calendar.renew {
        body["renew"] = "yes".into();
    }
    let answer = api.ask(Method::POST, "/local/calendar", Some(&body)).await?;
    let address = answer.json()?;
    if calendar.json {
        console::line(answer.text()?)?;
    } else {
        // The address alone goes to standard output.
        console::line(address["url"].as_str().ok_or_else(text::strange_answer)?)?;
        console::note(&text::calendar_address(&address));
    }
    Ok(ExitCode::SUCCESS)
}
