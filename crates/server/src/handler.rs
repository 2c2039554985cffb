//! Owns what each route does: reads its words, asks the keeper, shapes the answer.

mod audit;
mod credential;
mod forecast;
mod local;
mod login;
mod metrics;
mod provider;
mod token;

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::{
    body::Object,
    document,
    fault::Fault,
    reply::{self, Response},
    request::{Caller, Query},
    route::Route,
    service::Service,
};

/// A request that has passed every door.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// None on routes that everybody may ask.
    pub(crate) caller: Option<Arc<Caller>>,
    pub(crate) query: Query<'a>,
    /// None on routes without a body.
    pub(crate) body: Option<Object>,
}

impl Asked<'_> {
    fn caller(&self) -> Result<&Caller, Fault> {
        self.caller.as_deref().ok_or(Fault::NotSignedIn)
    }

    fn body(&self) -> Result<&Object, Fault> {
        self.body.as_ref().ok_or(Fault::Internal)
    }
}

/// Does what the route says. What waits for a provider or the disk is boxed, so that the answers of every moment stay small.
pub(crate) async fn handle(service: &Arc<Service>, route: Route, asked: &Asked<'_>) -> Result<Response, Fault> {
    match route {
        Route::Audit => Box::pin(audit::list(service, asked)).await,
        Route::Authorization(provider, id) => Box::pin(login::show(service, asked, provider, &id)).await,
        Route::Authorize(provider) => Box::pin(login::authorize(service, asked, provider)).await,
        Route::AuthorizeImplicit => token::authorize_implicit(service, asked),
        Route::CalendarAddress => Box::pin(local::calendar_address(service, asked)).await,
        Route::CancelAuthorization(provider, id) => Box::pin(login::cancel(service, asked, provider, &id)).await,
        Route::CheckCredential(id) => Box::pin(credential::check(service, asked, id)).await,
        Route::Credential(id) => Box::pin(credential::show(service, asked, id)).await,
        Route::Credentials => Box::pin(credential::list(service, asked)).await,
        Route::Docs => Ok(document::page(service.sandbox)),
        Route::Document => Ok(document::openapi()),
        Route::Examine => Box::pin(local::examine(service)).await,
        Route::Feed(_) => Box::pin(forecast::calendar(service, asked)).await,
        Route::Forecast => Box::pin(forecast::list(service, asked)).await,
        Route::ForgetCredential(id) => Box::pin(credential::forget(service, asked, id)).await,
        Route::HandOut(provider) => token::hand_out(service, asked, provider).await,
        Route::Healthz => Ok(reply::json(StatusCode::OK, &json!({"status": "ok"}))),
        Route::IssueKey => Box::pin(local::issue_key(service, asked)).await,
        Route::Keys => Box::pin(local::keys(service)).await,
        Route::Metrics => Box::pin(metrics::write(service)).await,
        Route::Providers => provider::list(service, asked),
        Route::Readyz => ready(service).await,
        Route::RefreshCredential(id) => Box::pin(credential::refresh(service, asked, id)).await,
        Route::RevokeCredential(id) => Box::pin(credential::revoke(service, asked, id)).await,
        Route::RevokeKey(id) => Box::pin(local::revoke_key(service, &id)).await,
        Route::Submit(provider) => Box::pin(token::submit(service, asked, provider)).await,
        Route::TestProvider(provider) => Box::pin(provider::test(service, asked, provider)).await,
        Route::TokenStatus(provider) => token::status(service, asked, provider).await,
        Route::VerifyAudit => Box::pin(audit::verify(service)).await,
        // Answered by `browser`.
        Route::Asset(_)
        | Route::Capture
        | Route::CaptureFragment
        | Route::Connect
        | Route::Ending(_)
        | Route::Spend => Err(Fault::NoSuchPath),
    }
}

async fn ready(service: &Service) -> Result<Response, Fault> {
    if service.keeper.is_ready().await {
        Ok(reply::json(StatusCode::OK, &json!({"status": "ready"})))
    } else {
        Err(Fault::NotReady)
    }
}
