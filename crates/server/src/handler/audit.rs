//! Owns the routes of the audit: what was done with the owner's credentials and keys, and whether all of it still fits together.

use grantkeep_keeper::Recorded;
use http::StatusCode;

use super::Asked;
use crate::{
    fault::Fault,
    reply::{self, Response},
    request::Caller,
    service::Service,
    view::{AuditFound, AuditPage, Deed},
};

const USUAL_LIMIT: i64 = 100;
const LARGEST_LIMIT: i64 = 1000;

pub(super) async fn list(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    let after = asked.query.number("after", 0, i64::MAX)?.unwrap_or(0);
    let limit = asked.query.number("limit", 1, LARGEST_LIMIT)?.unwrap_or(USUAL_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(1);
    let recorded = service.keeper.audit(&caller.owner, after, limit).await?;
    // A page may come out shorter than it was asked for, and empty, and still have a next one.
    let next = recorded.last().map(|last| last.number).filter(|_| recorded.len() == limit);
    let events = recorded.iter().filter(|recorded| may_see(caller, recorded)).map(Deed::of).collect();
    Ok(reply::json(StatusCode::OK, &AuditPage { events, next }))
}

/// What was done with keys belongs to no provider.
fn may_see(caller: &Caller, recorded: &Recorded) -> bool {
    recorded.event.provider.is_none_or(|provider| caller.may_use(provider).is_ok())
}

pub(super) async fn verify(service: &Service) -> Result<Response, Fault> {
    let found = service.keeper.verify_audit().await?;
    Ok(reply::json(StatusCode::OK, &AuditFound { deeds: found.deeds, broken_at: found.broken_at }))
}
