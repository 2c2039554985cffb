//! Owns `token`: the access token and a newline, nothing else.

use std::process::ExitCode;

use http::Method;

use super::credential::{query, segment};
use crate::{api::Api, args::Token, console, fault::CliFault, text};

pub(super) async fn run(token: &Token, api: &Api) -> Result<ExitCode, CliFault> {
    let provider = segment(&token.target.provider).ok_or_else(text::no_such_provider)?;
    let min_ttl = token.min_ttl.as_secs().to_string();
    let query = query([("account_name", token.target.account.as_deref()), ("min_ttl", Some(min_ttl.as_str()))]);
    let answer = api.ask(Method::GET, &format!("/api/v1/oauth/{provider}/token{query}"), None).await?;
    let handed = answer.json()?;
    if token.json {
        console::line(answer.text()?)?;
    } else {
        console::line(handed["access_token"].as_str().ok_or_else(text::strange_answer)?)?;
    }
    if handed["below_min_ttl"] == true {
        console::note(&format!("{}: {}", text::WARNING, text::BELOW_MIN_TTL));
    }
    Ok(ExitCode::SUCCESS)
}
