//! Owns the renewal link, which has the same address as a connect link: a GET shows what is to be renewed and changes nothing, a POST
//! spends the ticket and goes on with a fresh login.

use grantkeep_keeper::RenewalBegun;

use super::{Visit, ticket};
use crate::{
    fault::Fault,
    page::{self, Renewing},
    reply::{self, Response},
    service::Service,
};

pub(super) async fn show(service: &Service, visit: &Visit) -> Result<Response, Fault> {
    let found = service.keeper.renewal_invitation(visit.ticket()).await;
    let invitation = found.map_err(|fault| service.counted(fault, visit.peer))?;
    let renewing =
        Renewing { invitation: &invitation, ticket: visit.ticket(), host: visit.host(), now: service.keeper.now() };
    Ok(page::renewal(service.frame(), &renewing))
}

pub(super) async fn spend(service: &Service, visit: &Visit) -> Result<Response, Fault> {
    let begun = service.keeper.spend_renewal(visit.ticket()).await;
    match begun.map_err(|fault| service.counted(fault, visit.peer))? {
        RenewalBegun::ToProvider(spent) => ticket::go_to_provider(service, &spent),
        // The whole address: the page may be at another name of ours, where the answer comes to, and the cookie must be.
        RenewalBegun::ToPage(url) => reply::see_other(url.expose()).ok_or(Fault::Internal),
    }
}
