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
        for (flows, uri) in by_redirect(provider) {
            table.row([word("name"), word("kind"), word("server"), flows.join(", "), uri.to_owned()], None);
        }
    }
    table.print(false)?;
    Ok(ExitCode::SUCCESS)
}

/// The flows of a provider, put together by the redirect URI that is to be registered for them. Those that need none stand with the
/// usual one.
fn by_redirect(provider: &Value) -> Vec<(Vec<&str>, &str)> {
    let usual = provider["redirect_uri"].as_str().unwrap_or("-");
    let mut rows = vec![(Vec::new(), usual)];
    for flow in provider["flows"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let uri = provider["redirect_uris"][flow].as_str().unwrap_or(usual);
        match rows.iter_mut().find(|(_, known)| *known == uri) {
            Some((flows, _)) => flows.push(flow),
            None => rows.push((vec![flow], uri)),
        }
    }
    rows
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_redirect_uri_has_its_flows() {
        let vk = json!({
            "flows": ["implicit", "code", "vk_id"], "redirect_uri": "blank",
            "redirect_uris": {"implicit": "blank", "code": "/vk/code", "vk_id": "/vk/id"},
        });
        let acme = json!({
            "flows": ["code", "device", "implicit"], "redirect_uri": "/acme",
            "redirect_uris": {"code": "/acme", "implicit": "/acme"},
        });
        let robot = json!({"flows": ["client_credentials"], "redirect_uri": null, "redirect_uris": {}});
        for (provider, rows) in [
            (&vk, vec![(vec!["implicit"], "blank"), (vec!["code"], "/vk/code"), (vec!["vk_id"], "/vk/id")]),
            (&acme, vec![(vec!["code", "device", "implicit"], "/acme")]),
            (&robot, vec![(vec!["client_credentials"], "-")]),
            // A server of an older version.
            (
                &json!({"flows": ["implicit", "vk_id"], "redirect_uri": "blank"}),
                vec![(vec!["implicit", "vk_id"], "blank")],
            ),
        ] {
            assert_eq!(by_redirect(provider), rows);
        }
    }
}
