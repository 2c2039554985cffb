//! Owns the routes by which a program drives a login: begin, see how it goes, give it up.

use std::sync::Arc;

use grantkeep_core::{Account, AuthorizationId, Flow, Provider};
use grantkeep_keeper::{Begin, Begun};
use http::StatusCode;

use super::Asked;
use crate::{
    body::Object,
    fault::Fault,
    reply::{self, Response},
    service::Service,
    view::{AuthorizationView, Authorized},
};

pub(super) async fn authorize(
    service: &Arc<Service>,
    asked: &Asked<'_>,
    provider: Provider,
) -> Result<Response, Fault> {
    let (caller, body) = (asked.caller()?, asked.body()?);
    caller.may_use(provider)?;
    let begin = Begin {
        provider,
        account: account(body)?,
        instance: plain(body, "instance")?,
        scope: plain(body, "scope")?,
        flow: flow(body)?,
        by_paste: by_paste(body)?,
    };
    let begun = service.keeper.begin(&caller.owner, begin).await?;
    let instructions = instructions(provider, &begun);
    Ok(reply::json(StatusCode::OK, &Authorized { begun: &begun, instructions: &instructions }))
}

/// What to do, in order.
fn instructions(provider: Provider, begun: &Begun) -> Vec<String> {
    let scope = begun.scope.as_deref().unwrap_or_default();
    let scope: Vec<&str> = scope.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let rights = if scope.is_empty() { String::new() } else { format!(" ({})", scope.join(", ")) };
    let id = begun.id.as_str();
    let watch = format!("GET /api/v1/oauth/{provider}/authorizations/{id} tells when it is done");
    if begun.flow == Flow::ClientCredentials {
        return vec![
            format!("1. Nobody is needed: the provider is being asked for a token of the application itself{rights}"),
            format!("2. {watch}"),
        ];
    }
    let watch = format!("3. {watch}");
    if begun.device.is_some() {
        return vec![
            "1. Open verification_uri on any device".to_owned(),
            format!("2. Enter user_code there and allow access{rights}"),
            watch,
        ];
    }
    if begun.connect_url.is_some() {
        return vec![
            "1. Open connect_url in a browser and go on from there".to_owned(),
            format!("2. Allow access{rights}"),
            watch,
        ];
    }
    vec![
        "1. Open authorization_url in a browser".to_owned(),
        format!("2. Allow access{rights}"),
        "3. Copy the code that is shown, or the whole address of the page that opens".to_owned(),
        format!("4. POST it as token_data with authorization_id to /api/v1/oauth/{provider}/token/submit"),
    ]
}

/// `account_name`, checked.
pub(super) fn account(body: &Object) -> Result<Option<Account>, Fault> {
    let name = body.text("account_name").map_err(Fault::Body)?;
    name.map(|name| Account::new(name.expose()).map_err(Fault::AccountName)).transpose()
}

/// A field that is no secret; empty is as good as left out.
pub(super) fn plain(body: &Object, name: &'static str) -> Result<Option<String>, Fault> {
    let text = body.text(name).map_err(Fault::Body)?;
    Ok(text.map(|text| text.expose().to_owned()).filter(|text| !text.is_empty()))
}

fn flow(body: &Object) -> Result<Option<Flow>, Fault> {
    let name = plain(body, "flow")?;
    name.map(|name| Flow::from_name(&name).ok_or(Fault::BadParameter("flow"))).transpose()
}

fn by_paste(body: &Object) -> Result<bool, Fault> {
    match plain(body, "capture")?.as_deref() {
        None | Some("redirect") => Ok(false),
        Some("paste") => Ok(true),
        Some(_) => Err(Fault::BadParameter("capture")),
    }
}

pub(super) async fn show(
    service: &Service,
    asked: &Asked<'_>,
    provider: Provider,
    id: &AuthorizationId,
) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    caller.may_use(provider)?;
    let attempt = service.keeper.authorization(&caller.owner, provider, id).await?;
    Ok(reply::json(StatusCode::OK, &AuthorizationView::of(&attempt)))
}

pub(super) async fn cancel(
    service: &Service,
    asked: &Asked<'_>,
    provider: Provider,
    id: &AuthorizationId,
) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    caller.may_use(provider)?;
    service.keeper.cancel(&caller.owner, provider, id).await?;
    Ok(reply::no_content())
}
