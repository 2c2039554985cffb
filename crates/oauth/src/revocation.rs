//! Owns the withdrawal of a token at its server (RFC 7009). An unknown token counts as withdrawn there, and here.

use grantkeep_core::{Answer, Outgoing, Purpose, Secret};

pub use crate::answer::Fault as RevocationFault;
use crate::answer::{Encoding, Strange, open};
use crate::form::Form;
use crate::json::Known;
use crate::{Client, Endpoint, request};

/// `token_type_hint` (§2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// `access_token`.
    AccessToken,
    /// `refresh_token`.
    RefreshToken,
}

/// Asks to withdraw a token. Of a pair, the refresh token goes first. `extra` is for servers with names of their own (VK ID).
pub fn request<'a>(
    endpoint: &Endpoint,
    client: &Client<'a>,
    token: &'a Secret,
    hint: Option<Hint>,
    extra: &[(&'a str, &'a str)],
) -> Outgoing {
    let mut form = Form::default();
    form.put("token", token.expose());
    form.put_some(
        "token_type_hint",
        hint.map(|hint| match hint {
            Hint::AccessToken => "access_token",
            Hint::RefreshToken => "refresh_token",
        }),
    );
    form.put_extra(extra);
    request::post(Purpose::Check, endpoint, client, form)
}

/// The members that are read.
const KNOWN: Known = &["error"];

/// Reads an answer: with 2xx the body does not matter (§2.2), unless it is an error or a page, which does not come from there.
pub fn read(answer: &Answer) -> Result<(), RevocationFault> {
    match open(answer, KNOWN, Encoding::Json) {
        Ok(_) => Ok(()),
        Err(RevocationFault::Strange(Strange::Empty | Strange::NotUnderstood))
            if (200..300).contains(&answer.status) =>
        {
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests;
