//! Owns the question whose token it is: the userinfo endpoint (OpenID Connect Core §5.3), and the like of servers that are older.

use grantkeep_core::{Answer, Outgoing, Purpose, Secret};

pub use crate::answer::Fault as UserInfoFault;
use crate::answer::{Encoding, Strange, open};
use crate::json::Known;
use crate::{Endpoint, bearer, request, text};

/// A person, as the server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// `sub`: never given to somebody else. Where there is none, `id`, as at GitHub. Must equal that of an ID token.
    pub sub: String,
    /// `preferred_username`; where there is none, `login` or `username`. May change, and may pass to somebody else.
    pub preferred_username: Option<String>,
    /// `name`, for people to read.
    pub name: Option<String>,
}

/// Asks. Says nothing of the token if it cannot stand in a header, which no server's token does: the answer is then a refusal.
pub fn request(endpoint: &Endpoint, token: &Secret) -> Outgoing {
    request::get(Purpose::Check, endpoint.url().clone(), bearer::header(token))
}

/// The members that are read.
const KNOWN: Known = &["error", "id", "login", "name", "preferred_username", "sub", "username"];

/// Reads the answer. One that is signed (`application/jwt`) is not understood: we never ask for it.
pub fn read(answer: &Answer) -> Result<UserInfo, UserInfoFault> {
    let object = open(answer, KNOWN, Encoding::Json)?;
    let name = |name| object.text(name).filter(|text| text::is_name(text)).map(str::to_owned);
    let sub = object.identifier("sub").or_else(|| object.identifier("id")).filter(|sub| text::is_name(sub));
    Ok(UserInfo {
        sub: sub.ok_or(Strange::Missing("sub"))?,
        preferred_username: name("preferred_username").or_else(|| name("login")).or_else(|| name("username")),
        name: name("name"),
    })
}

#[cfg(test)]
mod tests;
