//! Owns the credential routes: list, show, check, refresh, forget, revoke. Another owner's credential is answered like one that does not exist.

use grantkeep_core::{Credential, CredentialId, Provider, State};
use grantkeep_keeper::Listing;
use http::StatusCode;

use super::Asked;
use crate::{
    fault::Fault,
    reply::{self, Response},
    request::Caller,
    service::Service,
    view::{CredentialView, Page},
};

const USUAL_LIMIT: i64 = 50;
const LARGEST_LIMIT: i64 = 200;
const MOST_AT_ONCE: usize = 200;

pub(super) async fn list(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    let provider = asked.query.one("provider")?;
    let provider = provider.map(|name| Provider::from_name(&name).filter(|provider| service.keeper.knows(*provider)));
    let provider = provider.map(|known| known.ok_or(Fault::NoSuchProvider)).transpose()?;
    let state = asked.query.one("state")?;
    let state = state.map(|name| State::from_name(&name).ok_or(Fault::BadParameter("state"))).transpose()?;
    let limit = asked.query.number("limit", 1, LARGEST_LIMIT)?.unwrap_or(USUAL_LIMIT);
    let after = asked.query.number("after", 0, i64::MAX)?.unwrap_or(0);
    let limit = usize::try_from(limit).unwrap_or(1);
    let listing = Listing { owner: &caller.owner, provider, after, limit };
    let (credentials, next) = collect(service, caller, listing, state).await?;
    let now = service.keeper.now();
    let views = credentials.iter().map(|credential| CredentialView::of(credential, now)).collect();
    Ok(reply::json(StatusCode::OK, &Page { credentials: views, next }))
}

/// A state follows from the clock, so it cannot be asked of the store: pages are read until one is full or all is read.
async fn collect(
    service: &Service,
    caller: &Caller,
    mut listing: Listing<'_>,
    state: Option<State>,
) -> Result<(Vec<Credential>, Option<i64>), Fault> {
    let (mut kept, limit) = (Vec::new(), listing.limit);
    if state.is_some() {
        // Most of what is read may not be wanted: small pages would only mean more of them.
        listing.limit = MOST_AT_ONCE;
    }
    let now = service.keeper.now();
    loop {
        let page = service.keeper.list(listing).await?;
        let (last_page, last) = (page.len() < listing.limit, page.last().map(|credential| credential.id));
        for credential in page {
            let wanted = state.is_none_or(|state| credential.status(now).state == state);
            if !wanted || caller.may_use(credential.provider).is_err() {
                continue;
            }
            kept.push(credential);
            if kept.len() == limit {
                let next = kept.last().map(|credential| credential.id).filter(|id| !last_page || last != Some(*id));
                return Ok((kept, next));
            }
        }
        match last {
            Some(last) if !last_page => listing.after = last,
            _ => return Ok((kept, None)),
        }
    }
}

pub(super) async fn show(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Response, Fault> {
    let credential = reachable(service, asked, id).await?;
    Ok(view(service, &credential))
}

pub(super) async fn check(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Response, Fault> {
    reachable(service, asked, id).await?;
    let credential = service.keeper.check(&asked.caller()?.owner, id).await?;
    Ok(view(service, &credential))
}

/// Renews the token now, whether or not it is due.
pub(super) async fn refresh(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Response, Fault> {
    reachable(service, asked, id).await?;
    let renewed = service.keeper.refresh(&asked.caller()?.owner, id).await;
    let credential = renewed.map_err(|fault| Fault::from(fault).of_renewal())?;
    Ok(view(service, &credential))
}

pub(super) async fn forget(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Response, Fault> {
    reachable(service, asked, id).await?;
    service.keeper.forget(&asked.caller()?.owner, id).await?;
    Ok(reply::no_content())
}

/// Withdraws the token at the provider, then forgets it.
pub(super) async fn revoke(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Response, Fault> {
    let credential = reachable(service, asked, id).await?;
    let revoked = service.keeper.revoke(&asked.caller()?.owner, id).await;
    revoked.map_err(|fault| Fault::from(fault).at(credential.provider))?;
    Ok(reply::no_content())
}

/// The caller's credential, when its key may be used for that provider.
async fn reachable(service: &Service, asked: &Asked<'_>, id: CredentialId) -> Result<Credential, Fault> {
    let caller = asked.caller()?;
    let credential = service.keeper.get(&caller.owner, id).await?;
    caller.may_use(credential.provider).map_err(|_| Fault::NoSuchCredential)?;
    Ok(credential)
}

fn view(service: &Service, credential: &Credential) -> Response {
    reply::json(StatusCode::OK, &CredentialView::of(credential, service.keeper.now()))
}
