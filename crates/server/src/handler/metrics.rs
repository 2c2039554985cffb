//! Owns the route of the metrics: what has been counted, put together.

use std::sync::Arc;

use grantkeep_keeper::Census;

use crate::{
    fault::Fault,
    metrics,
    reply::{self, Response},
    service::Service,
};

/// Answers also when the store cannot: then what is counted in memory is told all the same.
pub(super) async fn write(service: &Service) -> Result<Response, Fault> {
    let census: Option<Arc<Census>> = match service.keeper.census().await {
        Ok(census) => Some(census),
        Err(fault) => {
            tracing::warn!(%fault, "credentials could not be counted");
            None
        }
    };
    let text = metrics::write(&service.keeper, &service.requests, census.as_deref());
    Ok(reply::text(metrics::CONTENT_TYPE, text))
}
