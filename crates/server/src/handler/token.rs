//! Owns the token routes: authorization URL, submit, status, hand-out.

use std::{sync::Arc, time::Duration};

use grantkeep_core::{AuthorizationId, Expiry, Lifetime, Provider, Secret};
use grantkeep_keeper::{Submission, Submitted, Wanted};
use http::StatusCode;

use super::{
    Asked,
    login::{account, plain},
};
use crate::{
    fault::Fault,
    page,
    reply::{self, Response},
    service::Service,
    view::{AuthorizeImplicit, HandedOut, Saved, TokenStatus},
};

/// What a hand-out promises when nothing else is asked.
const USUAL_MIN_TTL: i64 = 600;

/// The longest promise that can be asked: a year.
const LONGEST_MIN_TTL: i64 = 366 * 86_400;

/// So many seconds a renewal may take when nothing else is asked, and at most.
const USUAL_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 300;

pub(super) fn authorize_implicit(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    asked.caller()?.may_use(Provider::Vk)?;
    let vk = service.keeper.vk();
    let authorization_url = vk.authorization_url();
    let answer = AuthorizeImplicit {
        method: "implicit_flow",
        app_id: &vk.app_id,
        authorization_url: authorization_url.as_str(),
        instructions: &vk.instructions(),
    };
    Ok(reply::json(StatusCode::OK, &answer))
}

pub(super) async fn submit(service: &Arc<Service>, asked: &Asked<'_>, provider: Provider) -> Result<Response, Fault> {
    let (caller, body) = (asked.caller()?, asked.body()?);
    caller.may_use(provider)?;
    let text = body.needed_text("token_data").map_err(Fault::Body)?;
    let authorization = body.text("authorization_id").map_err(Fault::Body)?;
    let authorization =
        authorization.map(|id| AuthorizationId::new(id.expose()).ok_or(Fault::NoSuchAuthorization)).transpose()?;
    let submission = Submission {
        text: Secret::from(text.expose()),
        account: account(body)?,
        authorization,
        instance: plain(body, "instance")?,
    };
    let submitted = service.keeper.submit(&caller.owner, provider, submission).await;
    let submitted = submitted.map_err(|fault| Fault::from(fault).at(provider))?;
    let credential = &submitted.credential;
    let answer = Saved {
        success: true,
        credential_id: credential.id,
        user_id: credential.subject.as_ref().and_then(grantkeep_core::Subject::user_id),
        expiry: credential.grant.expiry.at(),
        message: message(provider, &submitted),
        verified: submitted.verified,
        account_name: credential.account.as_str(),
    };
    Ok(reply::json(StatusCode::OK, &answer))
}

fn message(provider: Provider, submitted: &Submitted) -> String {
    let name = page::name_of(&provider);
    let done = if submitted.created { "saved" } else { "updated" };
    let credential = &submitted.credential;
    let ends = match credential.grant.expiry {
        Expiry::Assumed(at) | Expiry::Stated(at) => {
            format!("expires in {}", at.since(credential.evidence.captured_at).brief())
        }
        Expiry::Never => "never expires".to_owned(),
        Expiry::Unstated => "expiry not stated".to_owned(),
    };
    format!("{name} token {done} successfully ({ends})")
}

pub(super) async fn status(service: &Service, asked: &Asked<'_>, provider: Provider) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    caller.may_use(provider)?;
    let account = asked.query.account()?;
    let found = service.keeper.find(&caller.owner, provider, account.as_ref()).await?;
    let answer = match &found {
        Some(found) => TokenStatus::of(&found.credential, service.keeper.now()),
        None => TokenStatus::none(),
    };
    Ok(reply::json(StatusCode::OK, &answer))
}

pub(super) async fn hand_out(service: &Service, asked: &Asked<'_>, provider: Provider) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    caller.may_use(provider)?;
    let account = asked.query.account()?;
    let min_ttl = asked.query.number("min_ttl", 0, LONGEST_MIN_TTL)?.unwrap_or(USUAL_MIN_TTL);
    let wait = asked.query.number("wait", 0, LONGEST_WAIT)?.unwrap_or(USUAL_WAIT);
    let wanted = Wanted {
        owner: &caller.owner,
        provider,
        account: account.as_ref(),
        min_ttl: Lifetime::from_seconds(u64::try_from(min_ttl).unwrap_or(0)),
        wait: Duration::from_secs(u64::try_from(wait).unwrap_or(0)),
    };
    let handed = service.keeper.hand_out(wanted).await.map_err(|fault| Fault::from(fault).of_renewal())?;
    let answer = HandedOut {
        access_token: &handed.access_token,
        expires_at: handed.expires_at,
        scope: handed.scope.as_deref(),
        credential_id: handed.credential_id,
        below_min_ttl: handed.below_min_ttl,
    };
    Ok(reply::json(StatusCode::OK, &answer))
}
