//! Owns the token endpoint: the requests for tokens (RFC 6749 §4.1.3, §4.4.2, §6) and the reading of what it answers (§5).
//!
//! Credentials and grants stand in the body or in a header, never in the URL. A token that is returned stood in the answer.

mod stated;

use grantkeep_core::{Answer, Outgoing, Purpose, Secret, Timestamp};
pub use stated::Stated;

use crate::answer::{Encoding, open};
pub use crate::answer::{Fault as TokenFault, Refusal, Strange};
use crate::form::Form;
use crate::json::{Known, Node, Object};
use crate::{Client, Endpoint, Verifier, request, text};

/// Longest access token, in bytes. The standards have no limit; no server reads a header of that size.
pub const LONGEST: usize = 64 * 1024;

/// Longest refresh token: as much as a person could paste.
pub const LONGEST_REFRESH_TOKEN: usize = 16 * 1024;

/// Longest `device_id`. VK's have less than a hundred.
const LONGEST_DEVICE_ID: usize = 2 * 1024;

/// Longest scope. With every byte escaped, all four together stay below the 256 KiB that storage takes of an answer.
const LONGEST_SCOPE: usize = 8 * 1024;

/// What a token endpoint granted.
#[derive(Debug)]
pub struct TokenAnswer {
    /// The access token: visible ASCII, never empty, at most [`LONGEST`].
    pub access_token: Secret,
    /// Its type.
    pub token_type: TokenType,
    /// `expires_in`.
    pub lifetime: Stated,
    /// The refresh token, at most [`LONGEST_REFRESH_TOKEN`]. Where a refresh gives none, the old one stays (§6).
    pub refresh_token: Option<Secret>,
    /// What was granted, as the server joins it, at most 8 KiB; a list is joined by spaces. Absent means: what was asked for.
    pub scope: Option<String>,
    /// When the token was made, which may be long ago: Mastodon answers with an older token of the same scopes.
    pub created_at: Option<Timestamp>,
    /// The ID token (OpenID Connect Core §3.1.3.3).
    pub id_token: Option<Secret>,
    /// `user_id` (VK): a number there, or a text.
    pub user_id: Option<String>,
    /// `device_id` (VK ID): goes with the refresh token. At most 2 KiB.
    pub device_id: Option<Secret>,
    /// `state`, where the request had one (VK ID).
    pub state: Option<Secret>,
    /// `me` (Pleroma, Akkoma): the account's URL.
    pub me: Option<String>,
}

/// The type of a token, as far as it is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
    /// Not stated, and the caller takes that.
    Unstated,
}

/// An authorization code for tokens (§4.1.3). `redirect_uri` is byte for byte the one of the authorization request, and only
/// there if it was there; the verifier only if the challenge was sent. `extra` never replaces a parameter of the protocol.
pub fn exchange<'a>(
    endpoint: &Endpoint,
    client: &Client<'a>,
    code: &'a Secret,
    redirect_uri: Option<&'a str>,
    verifier: Option<&'a Verifier>,
    extra: &[(&'a str, &'a str)],
) -> Outgoing {
    let mut form = Form::default();
    form.put("grant_type", "authorization_code");
    form.put("code", code.expose());
    form.put_some("redirect_uri", redirect_uri);
    form.put_some("code_verifier", verifier.map(|verifier| verifier.secret().expose()));
    form.put_extra(extra);
    request::post(Purpose::Token, endpoint, client, form)
}

/// A refresh token for new tokens (§6). `scope` is for servers that want it, and then never more than was granted.
pub fn refresh<'a>(
    endpoint: &Endpoint,
    client: &Client<'a>,
    refresh_token: &'a Secret,
    scope: Option<&'a str>,
    extra: &[(&'a str, &'a str)],
) -> Outgoing {
    let mut form = Form::default();
    form.put("grant_type", "refresh_token");
    form.put("refresh_token", refresh_token.expose());
    form.put_some("scope", scope);
    form.put_extra(extra);
    request::post(Purpose::Token, endpoint, client, form)
}

/// A token for the client itself (§4.4.2).
pub fn client_credentials<'a>(
    endpoint: &Endpoint,
    client: &Client<'a>,
    scope: Option<&'a str>,
    extra: &[(&'a str, &'a str)],
) -> Outgoing {
    let mut form = Form::default();
    form.put("grant_type", "client_credentials");
    form.put_some("scope", scope);
    form.put_extra(extra);
    request::post(Purpose::Token, endpoint, client, form)
}

/// The members that are read. What is not here is ignored (§5.1), a person's e-mail address too.
const KNOWN: Known = &[
    "access_token",
    "created_at",
    "device_id",
    "error",
    "expires_in",
    "id_token",
    "me",
    "refresh_token",
    "scope",
    "state",
    "token_type",
    "user_id",
];

/// Reads an answer in which the token's type must be stated.
pub fn read(answer: &Answer) -> Result<TokenAnswer, TokenFault> {
    match read_untyped(answer)? {
        TokenAnswer { token_type: TokenType::Unstated, .. } => Err(Strange::TokenTypeMissing.into()),
        answer => Ok(answer),
    }
}

/// Reads an answer of a server that is known not to state the token's type (VK). One that is stated must be understood even so.
pub fn read_untyped(answer: &Answer) -> Result<TokenAnswer, TokenFault> {
    let mut object = open(answer, KNOWN, Encoding::JsonOrForm)?;
    let access_token = access_token(&mut object)?;
    Ok(TokenAnswer {
        access_token,
        token_type: token_type(&object)?,
        lifetime: Stated::read(object.get("expires_in")),
        refresh_token: bounded(&mut object, "refresh_token", LONGEST_REFRESH_TOKEN)?,
        scope: scope(&object),
        created_at: object.get("created_at").and_then(stated::instant),
        id_token: object.take_text("id_token"),
        user_id: object.identifier("user_id").filter(|id| text::is_name(id)),
        device_id: bounded(&mut object, "device_id", LONGEST_DEVICE_ID)?,
        state: object.take_text("state"),
        me: object.text("me").filter(|me| text::is_name(me)).map(str::to_owned),
    })
}

/// The access token, fit for a header.
fn access_token(object: &mut Object) -> Result<Secret, Strange> {
    let token = object.take_text("access_token").ok_or(Strange::Missing("access_token"))?;
    match text::is_visible(token.expose()) {
        _ if token.len() > LONGEST => Err(Strange::TokenTooLong),
        true => Ok(token),
        false => Err(Strange::TokenCharacter),
    }
}

/// A text to be kept. One that is too long must not pass for one that is not there: the one before it would be taken for good.
fn bounded(object: &mut Object, name: &str, longest: usize) -> Result<Option<Secret>, Strange> {
    match object.take_text(name) {
        Some(text) if text.len() > longest => Err(Strange::TokenTooLong),
        text => Ok(text),
    }
}

/// The type, in any case (§5.1).
fn token_type(object: &Object) -> Result<TokenType, Strange> {
    match object.get("token_type") {
        None => Ok(TokenType::Unstated),
        Some(Node::Text(name)) if name.is_empty() => Ok(TokenType::Unstated),
        Some(Node::Text(name)) if name.expose().eq_ignore_ascii_case("bearer") => Ok(TokenType::Bearer),
        Some(_) => Err(Strange::TokenType),
    }
}

/// The scope as a text, or as a list of tokens. One that no scope can be is as good as none.
fn scope(object: &Object) -> Option<String> {
    let scope = match object.texts("scope") {
        Some(tokens) => tokens.collect::<Vec<_>>().join(" "),
        None => object.text("scope")?.to_owned(),
    };
    let is_scope = !scope.trim().is_empty()
        && scope.len() <= LONGEST_SCOPE
        && scope.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    is_scope.then_some(scope)
}

#[cfg(test)]
mod tests;
