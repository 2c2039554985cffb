//! Owns the routes of the audit: what was done with the owner's credentials and keys, and whether all of it still fits together.

use grantkeep_keeper::{Damaged, Recorded};
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
    let deeds = service.keeper.audit(&caller.owner, after, limit).await?;
    // A page may come out shorter than it was asked for, and empty, and still have a next one.
    let number =
        |deed: &Result<Recorded, Damaged>| deed.as_ref().map_or_else(|damaged| damaged.number, |deed| deed.number);
    let next = deeds.last().map(number).filter(|_| deeds.len() == limit);
    let events = deeds.iter().flatten().filter(|recorded| may_see(caller, recorded)).map(Deed::of).collect();
    let damaged = deeds.iter().filter_map(|deed| deed.as_ref().err()).map(|damaged| damaged.number).collect();
    Ok(reply::json(StatusCode::OK, &AuditPage { events, next, damaged }))
}

/// What was done with keys belongs to no provider.
fn may_see(caller: &Caller, recorded: &Recorded) -> bool {
    recorded.event.provider.is_none_or(|provider| caller.may_use(provider).is_ok())
}

pub(super) async fn verify(service: &Service) -> Result<Response, Fault> {
    let found = service.keeper.verify_audit().await?;
    Ok(reply::json(StatusCode::OK, &AuditFound { deeds: found.deeds, broken_at: found.broken_at }))
}
