//! Owns the tokens of this family: how one is renewed, and when it ends, by server.

use grantkeep_core::{Expiry, Lifetime, Outgoing, Secret, Timestamp};
use grantkeep_oauth::token::{self, Stated};
use grantkeep_oauth::{Client, Endpoint};

use crate::Software;

/// A stated lifetime from which on a token counts as one that does not end: Pleroma and Akkoma write a hundred years.
const FOR_GOOD: Lifetime = Lifetime::from_hours(50 * 365 * 24);

/// A refresh token for new tokens: Pixelfed, Pleroma, Akkoma. The old access token ends at once.
pub fn refresh<'a>(token_endpoint: &Endpoint, client: &Client<'a>, refresh_token: &'a Secret) -> Outgoing {
    token::refresh(token_endpoint, client, refresh_token, None, &[])
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
