//! Owns redirects that arrive, and the fragments that our own page sends on: the truth of them is the keeper's to judge.

use std::sync::Arc;

use grantkeep_core::AuthorizationId;
use grantkeep_keeper::{Arrival, CaptureFault};
use http::StatusCode;
use serde_json::json;

use super::{Visit, origin};
use crate::{
    body::Object,
    fault::Fault,
    page,
    reply::{self, Response},
    service::Service,
};

/// A GET: an answer in the query, or a page that looks for one in the fragment.
pub(super) async fn arrive(service: &Arc<Service>, visit: &Visit) -> Result<Response, Fault> {
    origin::check_navigation(&visit.headers)?;
    let query = visit.query.as_ref().map_or("", |query| query.as_str());
    let may_have_fragment =
        || service.keeper.takes_fragment(&visit.path) || service.cookies(&visit.headers).any_implicit();
    if query.is_empty() && may_have_fragment() {
        return Ok(page::relay(service.frame()));
    }
    match capture(service, visit, query, false).await {
        Ok(id) => reply::see_other(&ending_of(service, &id)).ok_or(Fault::Internal),
        Err(CaptureFault::Declined) => Ok(page::declined(service.frame())),
        Err(fault) => Err(service.counted(fault, visit.peer)),
    }
}

/// A POST of our page: what stood in the fragment.
pub(super) async fn take_fragment(service: &Arc<Service>, visit: &Visit, body: &Object) -> Result<Response, Fault> {
    let fragment = body.needed_text("fragment").map_err(Fault::Body)?;
    match capture(service, visit, fragment.expose(), true).await {
        Ok(id) => Ok(reply::json(StatusCode::OK, &json!({ "location": ending_of(service, &id) }))),
        Err(fault) => Err(service.counted(fault, visit.peer)),
    }
}

async fn capture(
    service: &Arc<Service>,
    visit: &Visit,
    text: &str,
    in_fragment: bool,
) -> Result<AuthorizationId, CaptureFault> {
    let cookies = service.cookies(&visit.headers);
    let binding = |id: &AuthorizationId| cookies.binding(id).map(str::to_owned);
    service.keeper.capture(Arrival { path: &visit.path, text, in_fragment, binding: &binding }).await
}

fn ending_of(service: &Service, id: &AuthorizationId) -> String {
    service.link(&format!("/done/{}", id.as_str()))
}
