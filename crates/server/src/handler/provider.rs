//! Owns the routes about providers: which there are, and whether one answers.

use grantkeep_core::Provider;
use http::StatusCode;

use super::{Asked, login::plain};
use crate::{
    fault::Fault,
    reply::{self, Response},
    service::Service,
    view::{ProviderAnswers, ProviderEntry, ProviderList},
};

/// Those that the key may be used for.
pub(super) fn list(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let caller = asked.caller()?;
    let all = service.keeper.providers();
    let usable = all.iter().filter(|view| caller.may_use(view.provider).is_ok());
    Ok(reply::json(StatusCode::OK, &ProviderList { providers: usable.map(ProviderEntry::of).collect() }))
}

pub(super) async fn test(service: &Service, asked: &Asked<'_>, provider: Provider) -> Result<Response, Fault> {
    asked.caller()?.may_use(provider)?;
    let instance = plain(asked.body()?, "instance")?;
    let test = service.keeper.test_provider(provider, instance.as_deref()).await?;
    Ok(reply::json(StatusCode::OK, &ProviderAnswers::of(&test)))
}
