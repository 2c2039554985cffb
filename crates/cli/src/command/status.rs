//! Owns `status`: a table of credentials, and asking the providers now.

use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};

use super::credential::{self, Kept};
use crate::{
    api::Api,
    args::Status,
    console::{self, Table},
    fault::{CliFault, Kind},
    text,
};

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const GREEN: &str = "\u{1b}[32m";

pub(super) async fn run(status: &Status, api: &Api) -> Result<ExitCode, CliFault> {
    let named = status.target.as_ref().is_some_and(|target| target.account.is_some());
    let Kept { mut credentials, damaged } = match &status.target {
        Some(target) if named => Kept { credentials: vec![credential::find(target, api).await?], ..Kept::default() },
        Some(target) => {
            credential::all(Some(credential::segment(&target.provider).ok_or_else(text::no_such_provider)?), api)
                .await?
        }
        None => credential::all(None, api).await?,
    };
    if credentials.is_empty() && damaged.is_empty() && status.target.is_some() {
        return Err(text::no_such_credential());
    }
    if status.check {
        check(&mut credentials, api).await?;
    }
    if status.json {
        let mut document = json!({ "credentials": credentials });
        if !damaged.is_empty() {
            document["damaged"] = json!(damaged);
        }
        console::line(&document.to_string())?;
    } else if !credentials.is_empty() {
        table(&credentials).print(console::is_colourful())?;
    } else if damaged.is_empty() {
        console::line(text::NOTHING_KEPT)?;
    }
    if !damaged.is_empty() {
        return if status.json { Ok(ExitCode::FAILURE) } else { Err(text::credentials_damaged(&damaged)) };
    }
    // A list is told whatever is in it; a question about one, or asked of the providers, is answered by the exit code too.
    let code = if named || status.check { exit_code(&credentials, status.check) } else { None };
    Ok(code.map_or(ExitCode::SUCCESS, |kind| ExitCode::from(kind as u8)))
}

async fn check(credentials: &mut [Value], api: &Api) -> Result<(), CliFault> {
    let count = credentials.len();
    for (number, credential) in credentials.iter_mut().enumerate() {
        if count > 1 && console::is_watched() {
            console::note(&text::checking(number + 1, count));
        }
        let id = credential["id"].as_i64().unwrap_or_default();
        *credential = api.ask(Method::POST, &format!("/api/v1/credentials/{id}/check"), None).await?.json()?;
    }
    Ok(())
}

/// The worst of what was found.
fn exit_code(credentials: &[Value], checked: bool) -> Option<Kind> {
    // What has ended and is still being renewed waits for the provider, not for a person.
    let is_dead = |credential: &Value| credential["is_valid"] == false;
    let is_renewing = |credential: &Value| credential["state"] == "refreshing";
    let needs_person = credentials.iter().any(|credential| is_dead(credential) && !is_renewing(credential));
    let unclear = |credential: &Value| {
        let is_late = is_dead(credential) && is_renewing(credential);
        is_late || credential["state"] == "unknown" || (checked && credential["last_check"]["outcome"] == "unclear")
    };
    match (needs_person, credentials.iter().any(unclear)) {
        (true, _) => Some(Kind::NeedsPerson),
        (false, true) => Some(Kind::NoClearAnswer),
        (false, false) => None,
    }
}

fn table(credentials: &[Value]) -> Table {
    let mut table = Table::new(&text::STATUS_HEADINGS);
    for credential in credentials {
        let word = |name: &str| credential[name].as_str().unwrap_or("-");
        let colour = match credential["is_valid"].as_bool() {
            Some(false) => RED,
            None => YELLOW,
            Some(true) if credential["needs_refresh"] == true => YELLOW,
            Some(true) => GREEN,
        };
        let cells = [
            format!("{}/{}", word("provider"), word("account_name")),
            word("state").to_owned(),
            text::time_left(credential),
            text::needs_you(credential),
            text::minute(word("checked_at")),
            text::next_step(word("state"), word("next_action")).to_owned(),
        ];
        table.row(cells, Some(colour));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_who_must_act() {
        for (state, is_valid, expected) in [
            ("valid", json!(true), None),
            ("ambiguous", json!(true), None),
            ("refreshing", json!(true), None),
            ("refreshing", json!(false), Some(Kind::NoClearAnswer)),
            ("unknown", Value::Null, Some(Kind::NoClearAnswer)),
            ("expired", json!(false), Some(Kind::NeedsPerson)),
        ] {
            assert_eq!(exit_code(&[json!({"state": state, "is_valid": is_valid})], false), expected, "{state}");
        }
    }
}
