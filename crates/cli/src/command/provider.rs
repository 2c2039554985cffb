//! Owns `provider`: where tokens can come from, and whether it answers.

use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};

use super::credential::segment;
use crate::{
    api::Api,
    args::{ProviderList, ProviderTest},
    console::{self, Table},
    fault::{CliFault, Kind},
    text,
};

pub(super) async fn list(list: &ProviderList, api: &Api) -> Result<ExitCode, CliFault> {
    let answer = api.ask(Method::GET, "/api/v1/providers", None).await?;
    if list.json {
        console::line(answer.text()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let listed = answer.json()?;
    let mut table = Table::new(&text::PROVIDER_HEADINGS);
    for provider in listed["providers"].as_array().ok_or_else(text::strange_answer)? {
        let word = |name: &str| provider[name].as_str().unwrap_or("-").to_owned();
        let flows: Vec<&str> = provider["flows"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        table.row([word("name"), word("kind"), word("server"), flows.join(", "), word("redirect_uri")], None);
    }
    table.print(false)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn test(test: &ProviderTest, api: &Api) -> Result<ExitCode, CliFault> {
    let path = format!("/api/v1/providers/{}/test", segment(&test.name).ok_or_else(text::no_such_provider)?);
    let body = match &test.instance {
        Some(instance) => json!({ "instance": instance }),
        None => json!({}),
    };
    let answer = api.ask(Method::POST, &path, Some(&body)).await?;
    let tested = answer.json()?;
    if test.json {
        console::line(answer.text()?)?;
    } else {
        let mut table = Table::new(&text::TEST_HEADINGS);
        for asked in tested["asked"].as_array().ok_or_else(text::strange_answer)? {
            let word = |name: &str| asked[name].as_str().unwrap_or("-").to_owned();
            let (verdict, colour) = if asked["answers"] == true { ("ok", None) } else { ("FAIL", Some("\u{1b}[31m")) };
            table.row([verdict.to_owned(), word("what"), word("address"), word("outcome")], colour);
        }
        table.print(console::is_colourful())?;
    }
    let code = if tested["answers"] == true { 0 } else { Kind::NoClearAnswer as u8 };
    Ok(ExitCode::from(code))
}
