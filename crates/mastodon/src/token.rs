//! Owns the tokens of this family: the requests for them, and what an answer comes to, by server.
//!
//! A code is sent once: whether it may be sent again is the server's secret, and Doorkeeper 6 revokes the token for it.

use grantkeep_core::{Expiry, Lifetime, Outgoing, Secret, Timestamp};
use grantkeep_oauth::token::{self, Stated};
use grantkeep_oauth::{Client, Endpoint, Scopes, TokenAnswer, Verifier};

use crate::Software;

/// A stated lifetime from which on a token counts as one that does not end: Pleroma and Akkoma write a hundred years.
const FOR_GOOD: Lifetime = Lifetime::from_hours(50 * 365 * 24);

/// What a server granted.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token. Where a refresh gives none, the old one stays.
    pub refresh_token: Option<Secret>,
    /// When the access token ends.
    pub expiry: Expiry,
    /// The scopes it has.
    pub scopes: Scopes,
    /// When it was made, which may be long ago: see [`crate::software::Again::Same`].
    pub created_at: Option<Timestamp>,
}

/// A code for a token (docs.joinmastodon.org/methods/oauth). Scopes are not sent: Iceshrimp.NET would narrow the token to them.
pub fn exchange<'a>(
    token_endpoint: &Endpoint,
    client: &Client<'a>,
    code: &'a Secret,
    redirect_uri: &'a str,
    verifier: &'a Verifier,
) -> Outgoing {
    token::exchange(token_endpoint, client, code, Some(redirect_uri), Some(verifier), &[])
}

/// A refresh token for new tokens: Pixelfed, Pleroma, Akkoma. The old access token ends at once.
pub fn refresh<'a>(token_endpoint: &Endpoint, client: &Client<'a>, refresh_token: &'a Secret) -> Outgoing {
    token::refresh(token_endpoint, client, refresh_token, None, &[])
}

/// What an answer comes to. `asked` is what the token was asked for: it has that where the answer does not say otherwise.
pub fn granted(software: Software, answer: TokenAnswer, asked: &Scopes, now: Timestamp) -> Granted {
    Granted {
        expiry: expiry(software, answer.lifetime, now),
        scopes: answer.scope.as_deref().map_or_else(|| asked.clone(), Scopes::parse),
        access_token: answer.access_token,
        refresh_token: answer.refresh_token,
        created_at: answer.created_at,
    }
}

/// When a token ends. Counted from now, not from when the token was made: a token that is given again says how much is left.
pub fn expiry(software: Software, stated: Stated, now: Timestamp) -> Expiry {
    match stated {
        Stated::Absent | Stated::Zero => software.usual_expiry(now),
        Stated::For(lifetime) if lifetime >= FOR_GOOD => Expiry::Never,
        Stated::For(lifetime) => Expiry::Stated(now.after(lifetime)),
    }
}

#[cfg(test)]
mod tests;
