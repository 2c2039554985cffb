//! Owns the routes of the forecast: for which credentials a person is needed, as JSON and as a calendar.

use grantkeep_core::{CredentialId, Timestamp};
use http::StatusCode;

use super::Asked;
use crate::{
    calendar,
    fault::Fault,
    reply::{self, Response},
    service::Service,
    view::{DamagedView, ForecastPage, Needed},
};

const USUAL_LIMIT: i64 = 50;
const LARGEST_LIMIT: i64 = 200;

/// Entries of a calendar: whoever has more to do than that begins with these.
const MOST_IN_CALENDAR: usize = 1000;

pub(super) async fn list(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    let after = asked.query.one("after")?.map(|text| cursor(&text).ok_or(Fault::BadParameter("after"))).transpose()?;
    let limit = asked.query.number("limit", 1, LARGEST_LIMIT)?.unwrap_or(USUAL_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(1);
    let may = |provider| caller.may_use(provider).is_ok();
    // One more than is shown tells whether there is a next page.
    let (mut found, damaged) = service.keeper.forecast(&caller.owner, after, limit + 1, &may).await?;
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|last| format!("{}.{}", last.at.unix(), last.credential));
    let credentials = found.iter().map(Needed::of).collect();
    Ok(reply::json(StatusCode::OK, &ForecastPage { credentials, next, damaged: DamagedView::of(&damaged, caller) }))
}

/// Where a page ended: the moment and the number of its last credential.
fn cursor(text: &str) -> Option<(Timestamp, CredentialId)> {
    let (at, credential) = text.split_once('.')?;
    Some((Timestamp::from_unix(at.parse().ok()?), credential.parse().ok()?))
}

pub(super) async fn calendar(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    let (found, _) = service.keeper.forecast(&caller.owner, None, MOST_IN_CALENDAR, &|_| true).await?;
    let feed = caller.key.as_ref().map_or("", |key| &key.id);
    let text = calendar::write(&found, feed, service.sandbox, service.keeper.now());
    Ok(reply::text("text/calendar; charset=utf-8", text))
}
