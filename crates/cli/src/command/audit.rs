//! Owns `audit`: what was done with the credentials and keys, and whether nobody changed what stands there.

use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};

use super::credential::query;
use crate::{
    api::Api,
    args::{Audit, AuditVerify},
    console::{self, Table},
    fault::CliFault,
    text,
};

/// Told page by page: an audit may be long. As one JSON document it has to be held whole.
pub(super) async fn list(audit: &Audit, api: &Api) -> Result<ExitCode, CliFault> {
    let (mut after, mut all, mut damaged, mut is_first) = (audit.after.to_string(), Vec::new(), Vec::new(), true);
    loop {
        let query = query([("after", Some(after.as_str())), ("limit", Some("1000"))]);
        let mut page = api.ask(Method::GET, &format!("/api/v1/audit{query}"), None).await?.json()?;
        damaged.extend(page["damaged"].as_array().into_iter().flatten().filter_map(Value::as_i64));
        let events = page["events"].as_array_mut().ok_or_else(text::strange_answer)?;
        if audit.json {
            all.append(events);
        } else if !events.is_empty() {
            table(events, is_first).print(false)?;
            is_first = false;
        }
        match page["next"].as_i64() {
            Some(next) => after = next.to_string(),
            None => break,
        }
    }
    match (audit.json, is_first) {
        (true, _) => console::line(&json!({ "events": all, "damaged": damaged }).to_string())?,
        (false, true) if damaged.is_empty() => console::line(text::NOTHING_DONE)?,
        (false, _) => {}
    }
    match damaged.first() {
        Some(_) if audit.json => Ok(ExitCode::FAILURE),
        Some(number) => Err(text::audit_damaged(*number)),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn table(events: &[Value], is_first: bool) -> Table {
    let mut table = if is_first { Table::new(&text::AUDIT_HEADINGS) } else { Table::bare() };
    for event in events {
        let word = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
        let credential = match event["provider"].as_str() {
            Some(provider) => format!("{provider}/{}", word("account_name")),
            None => "-".to_owned(),
        };
        let number = event["number"].to_string();
        let outcome = match event["times"].as_u64() {
            Some(times) if times > 1 => format!("{} x{times}", word("outcome")),
            _ => word("outcome"),
        };
        table.row([number, word("at"), word("action"), credential, word("actor"), outcome], None);
    }
    table
}

pub(super) async fn verify(verify: &AuditVerify, api: &Api) -> Result<ExitCode, CliFault> {
    if api.is_remote() {
        return Err(text::local_only("audit verify"));
    }
    let answer = api.ask(Method::POST, "/local/audit/verify", None).await?;
    let found = answer.json()?;
    let broken_at = found["broken_at"].as_i64();
    if verify.json {
        console::line(answer.text()?)?;
        return Ok(if broken_at.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    match broken_at {
        Some(number) => Err(text::audit_broken(number)),
        None => {
            console::line(&text::audit_sound(&found["deeds"]))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
