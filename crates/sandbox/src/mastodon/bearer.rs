//! Owns what a bearer token opens: it must live, have a scope, and for some endpoints belong to a person in good standing.

use super::cast::Standing;
use super::denial::Denial;
use super::param::Params;
use super::personality::Reuse;
use super::scope;
use super::store::Token;
use super::visit::Visit;
use crate::ask::Ask;
use grantkeep_core::Secret;

/// The token of a request: in the header, or as `access_token` or `bearer_token`.
pub(super) fn shown(ask: &Ask, params: &Params) -> Option<Secret> {
    let header = ask.authorization("bearer").filter(|token| !token.is_empty());
    let param = || params.text("access_token").or_else(|| params.text("bearer_token")).map(Secret::from);
    header.or_else(param)
}

/// The token of a request that lives and has one of these scopes; with none named, any does.
pub(super) fn token<'a>(visit: &'a Visit<'_>, scopes: &[&'static str]) -> Result<&'a Token, Denial> {
    let shown = shown(visit.ask, &visit.params).ok_or(Denial::Absent)?;
    let token = visit.store.token(shown.expose()).ok_or(Denial::Unknown)?;
    if token.is_revoked {
        return Err(Denial::Revoked);
    }
    if !token.is_live(visit.now) {
        return Err(Denial::Expired);
    }
    match scopes.first() {
        Some(first) if !scopes.iter().any(|wanted| scope::holds(&token.scopes, wanted)) => Err(Denial::Scope(first)),
        _ => Ok(token),
    }
}

/// The token of a person in good standing, and the person.
pub(super) fn person<'a>(visit: &'a Visit<'_>, scopes: &[&'static str]) -> Result<(&'a Token, usize), Denial> {
    let token = token(visit, scopes)?;
    let Some(person) = token.person else {
        // The constant token belongs to no application either.
        let is_shared = visit.personality.exchange.reuse == Reuse::SharedAppToken;
        return Err(if is_shared { Denial::Unknown } else { Denial::AppToken });
    };
    match visit.store.standing(person) {
        Standing::Active => Ok((token, person)),
        standing => Err(Denial::Blocked(standing)),
    }
}
