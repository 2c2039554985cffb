//! Owns the connect link: a GET shows who asks for what and changes nothing, a POST spends the ticket, or takes what was pasted.

use std::sync::Arc;

use grantkeep_core::{AuthorizationId, Secret, redirect::IntakeFault};
use grantkeep_keeper::{CaptureFault, Spent};
use http::header;

use super::{Visit, cookie, renewal};
use crate::{
    fault::{Fault, LoginFault},
    page::{self, Connecting},
    reply::{self, Response},
    service::Service,
};

/// The query of the last page after an address was pasted that has the token still. The page's script takes it out of the address
/// bar.
pub(super) const PASTED: &str = "pasted";

pub(super) async fn show(service: &Service, visit: &Visit) -> Result<Response, Fault> {
    let invitation = match service.keeper.invitation(visit.ticket()).await {
        Err(CaptureFault::TicketUnknown) => return renewal::show(service, visit).await,
        found => found.map_err(|fault| service.counted(fault, visit.peer))?,
    };
    let connecting =
        Connecting { invitation: &invitation, ticket: visit.ticket(), host: visit.host(), now: service.keeper.now() };
    Ok(page::connect(service.frame(), &connecting))
}

/// Sends the browser to the provider, with the cookie that it must show when it comes back.
pub(super) async fn spend(service: &Service, visit: &Visit) -> Result<Response, Fault> {
    match service.keeper.spend(visit.ticket()).await {
        Err(CaptureFault::TicketUnknown) => renewal::spend(service, visit).await,
        Err(fault) => Err(service.counted(fault, visit.peer)),
        Ok(spent) => go_to_provider(service, &spent),
    }
}

pub(super) fn go_to_provider(service: &Service, spent: &Spent) -> Result<Response, Fault> {
    let mut response = reply::see_other(spent.to.as_str()).ok_or(Fault::Internal)?;
    bind(service, &mut response, spent);
    Ok(response)
}

fn bind(service: &Service, response: &mut Response, spent: &Spent) {
    if let Some(cookie) = cookie::set(&spent.id, spent.flow, &spent.binding, service.is_secure()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// Takes a pasted text from the browser that spent the ticket, or that spends it by this.
pub(super) async fn paste(service: &Arc<Service>, visit: &Visit, text: &Secret) -> Result<Response, Fault> {
    if text.is_empty() {
        return Ok(page::paste_again(service.frame(), &Fault::NotTaken(IntakeFault::Empty), visit.ticket()));
    }
    let found = service.keeper.invitation(visit.ticket()).await;
    let id = found.map_err(|fault| service.counted(fault, visit.peer))?.id;
    let shown = service.cookies(&visit.headers).binding(&id).map(Secret::from);
    // Spent apart from the paste, so that the browser may try again when the text is not taken.
    if let Some(binding) = &shown {
        return take(service, visit, &id, binding, text).await;
    }
    let spent = match service.keeper.spend(visit.ticket()).await {
        Ok(spent) => spent,
        Err(CaptureFault::TicketSpent) => return Err(LoginFault::BindingMismatch.into()),
        Err(fault) => return Err(service.counted(fault, visit.peer)),
    };
    let mut response = take(service, visit, &id, &spent.binding, text).await?;
    bind(service, &mut response, &spent);
    Ok(response)
}

async fn take(
    service: &Arc<Service>,
    visit: &Visit,
    id: &AuthorizationId,
    binding: &Secret,
    text: &Secret,
) -> Result<Response, Fault> {
    match service.keeper.paste(visit.ticket(), binding, text).await {
        Ok(is_left) => {
            let query = if is_left { format!("?{PASTED}") } else { String::new() };
            reply::see_other(&service.link(&format!("/done/{}{query}", id.as_str()))).ok_or(Fault::Internal)
        }
        Err(CaptureFault::Declined) => Ok(page::declined(service.frame())),
        Err(fault) => {
            let fault = service.counted(fault, visit.peer);
            let again =
                matches!(&fault, Fault::NotTaken(_) | Fault::Login(LoginFault::NoCode(_) | LoginFault::StateMismatch));
            if again { Ok(page::paste_again(service.frame(), &fault, visit.ticket())) } else { Err(fault) }
        }
    }
}
