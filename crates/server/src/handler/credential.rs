//! Owns the credential routes: list, show, check, refresh, forget, revoke. Another owner's credential is answered like one that does not exist.

use grantkeep_core::{Credential, CredentialId, Provider, State};
use grantkeep_keeper::{DamagedCredential, KeepFault, Listing, StoreFault, id_of};
use http::StatusCode;

use super::Asked;
use crate::{
    fault::Fault,
    reply::{self, Response},
    request::Caller,
    service::Service,
    view::{CredentialView, DamagedView, Page},
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
    let found = collect(service, caller, listing, state).await?;
    let now = service.keeper.now();
    let credentials = found.credentials.iter().map(|credential| CredentialView::of(credential, now)).collect();
    let damaged = DamagedView::of(&found.damaged, caller);
    Ok(reply::json(StatusCode::OK, &Page { credentials, next: found.next, damaged }))
}

/// A page, before it is written.
#[derive(Default)]
struct Collected {
    credentials: Vec<Credential>,
    next: Option<CredentialId>,
    damaged: Vec<DamagedCredential>,
}

/// A state follows from the clock, so it cannot be asked of the store: pages are read until one is full or all is read. What is
/// damaged is in no state, and counts for none. One more than is shown tells whether there is a next page.
async fn collect(
    service: &Service,
    caller: &Caller,
    mut listing: Listing<'_>,
    state: Option<State>,
) -> Result<Collected, Fault> {
    let (mut found, limit) = (Collected::default(), listing.limit);
    // Where a state is asked for most of what is read may not be wanted: small pages would only mean more of them.
    listing.limit = if state.is_some() { MOST_AT_ONCE } else { limit + 1 };
    let now = service.keeper.now();
    loop {
        let page = service.keeper.list(listing).await?;
        let (last_page, last) = (page.len() < listing.limit, page.last().map(id_of));
        for row in page {
            let credential = match row {
                Ok(credential) => credential,
                Err(damaged) => {
                    found.damaged.push(damaged);
                    continue;
                }
            };
            let wanted = state.is_none_or(|state| credential.status(now).state == state);
            if !wanted || caller.may_use(credential.provider).is_err() {
                continue;
            }
            if let Some(shown) = found.credentials.last().filter(|_| found.credentials.len() == limit) {
                // The next page names those that come after it.
                found.damaged.retain(|damaged| damaged.id < shown.id);
                found.next = Some(shown.id);
                return Ok(found);
            }
            found.credentials.push(credential);
        }
        match last {
            Some(last) if !last_page => listing.after = last,
            _ => return Ok(found),
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
    // A damaged one too: it is the one thing that can be done with it.
    let _ = reachable_row(service, asked, id).await?;
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
    let row = reachable_row(service, asked, id).await?;
    row.map_err(|damaged| KeepFault::from(StoreFault::Damaged(damaged)).into())
}

/// The same, damaged or not.
async fn reachable_row(
    service: &Service,
    asked: &Asked<'_>,
    id: CredentialId,
) -> Result<Result<Credential, Box<DamagedCredential>>, Fault> {
    let caller = asked.caller()?;
    let (is_reachable, row) = match service.keeper.get(&caller.owner, id).await {
        Ok(credential) => (caller.may_use(credential.provider).is_ok(), Ok(credential)),
        Err(KeepFault::Store(StoreFault::Damaged(damaged))) => (caller.may_see(&damaged), Err(damaged)),
        Err(fault) => return Err(fault.into()),
    };
    if is_reachable { Ok(row) } else { Err(Fault::NoSuchCredential) }
}

fn view(service: &Service, credential: &Credential) -> Response {
    reply::json(StatusCode::OK, &CredentialView::of(credential, service.keeper.now()))
}
