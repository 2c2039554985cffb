//! Owns the withdrawal of a token at a server of this family.
//!
//! What else ends with it stands in the table of servers: see [`crate::software::Revocation`].

use grantkeep_core::{Answer, NoAnswer, Outgoing, Secret};
use grantkeep_oauth::revocation::{self, RevocationFault};
use grantkeep_oauth::{Client, Endpoint, bearer};

use crate::Software;
use crate::software::Revocation;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// The token no longer works. An unknown token counts as one (RFC 7009 §2.2).
    Done,
    /// The server cannot do that: the person can, in the server's settings.
    NotOffered,
    /// The server refuses: our registration is forgotten, or the token is another's. It may be dead: check it.
    Refused,
    /// The answer does not tell.
    Unclear,
}

/// Asks to withdraw a token; none where the server has no such request.
pub fn request<'a>(
    software: Software,
    revocation_endpoint: &Endpoint,
    client: &Client<'a>,
    token: &'a Secret,
) -> Option<Outgoing> {
    let mut outgoing = revocation::request(revocation_endpoint, client, token, None, &[]);
    match software.traits().revocation {
        Revocation::Absent => return None,
        Revocation::Bearer => outgoing.headers.push(bearer::header(token)?),
        Revocation::Client | Revocation::ClientEndsAll | Revocation::ClientEndsRegistration => {}
    }
    Some(outgoing)
}

/// Reads the answer.
pub fn read(answer: Result<Answer, NoAnswer>) -> Withdrawal {
    let Ok(answer) = answer else { return Withdrawal::Unclear };
    match revocation::read(&answer) {
        Ok(()) => Withdrawal::Done,
        Err(_) if matches!(answer.status, 404 | 405 | 501) => Withdrawal::NotOffered,
        Err(RevocationFault::Refused(_)) => Withdrawal::Refused,
        Err(RevocationFault::ServerTrouble(_) | RevocationFault::Strange(_)) => Withdrawal::Unclear,
    }
}

#[cfg(test)]
mod tests;
