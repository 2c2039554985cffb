//! Owns finding the credential that a command names.

use http::Method;
use serde_json::Value;

use crate::{api::Api, args::Target, fault::CliFault, text};

/// `?name=value&…`, without what is none.
pub(super) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// A name as a path segment; none when nothing that has a name here can be called that.
pub(super) fn segment(name: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!name.is_empty() && name.bytes().all(plain)).then_some(name)
}

/// The one credential that `target` names.
pub(super) async fn find(target: &Target, api: &Api) -> Result<Value, CliFault> {
    let provider = segment(&target.provider).ok_or_else(text::no_such_provider)?;
    match &target.account {
        Some(account) => {
            let query = query([("account_name", Some(account.as_str()))]);
            let path = format!("/api/v1/oauth/{provider}/token/status{query}");
            let status = api.ask(Method::GET, &path, None).await?.json()?;
            let id = status["credential_id"].as_i64().ok_or_else(text::no_such_credential)?;
            api.ask(Method::GET, &format!("/api/v1/credentials/{id}"), None).await?.json()
        }
        None => {
            let query = query([("provider", Some(provider)), ("limit", Some("2"))]);
            let page = api.ask(Method::GET, &format!("/api/v1/credentials{query}"), None).await?.json()?;
            let rows = |name: &str| page[name].as_array().map_or(&[][..], Vec::as_slice);
            match (rows("credentials"), rows("damaged")) {
                ([one], []) => Ok(one.clone()),
                ([], []) => Err(text::no_such_credential()),
                ([], [_]) => Err(text::credentials_damaged(rows("damaged"))),
                _ => Err(text::several_accounts()),
            }
        }
    }
}

/// What is kept.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) credentials: Vec<Value>,
    /// Those that do not read: their ids, and what is known of their names.
    pub(super) damaged: Vec<Value>,
}

/// Every credential at `provider`, or everywhere.
pub(super) async fn all(provider: Option<&str>, api: &Api) -> Result<Kept, CliFault> {
    let (mut kept, mut after) = (Kept::default(), "0".to_owned());
    loop {
        let query = query([("provider", provider), ("limit", Some("200")), ("after", Some(after.as_str()))]);
        let mut page = api.ask(Method::GET, &format!("/api/v1/credentials{query}"), None).await?.json()?;
        for (all, name) in [(&mut kept.credentials, "credentials"), (&mut kept.damaged, "damaged")] {
            if let Some(listed) = page[name].as_array_mut() {
                all.append(listed);
            }
        }
        match page["next"].as_i64() {
            Some(next) => after = next.to_string(),
            None => return Ok(kept),
        }
    }
}
