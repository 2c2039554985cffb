//! Owns the errors of VK ID: code and exact text. Texts that are not on record say so.

use serde_json::{Map, Value};

use crate::reply::{Reply, json, written};

/// One way in which VK ID refuses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    error: &'static str,
    description: &'static str,
}

const fn refusal(error: &'static str, description: &'static str) -> Refusal {
    Refusal { error, description }
}

impl Refusal {
    pub(super) const COMPROMISED: Self =
        refusal("invalid_grant", "session is compromised because refresh token has already been applied");
    pub(super) const REFRESH_TOKEN: Self = refusal("invalid_grant", "refresh_token is missing or invalid");
    pub(super) const DEVICE: Self = refusal("invalid_request", "device_id is invalid");
    pub(super) const CODE: Self = refusal("invalid_grant", "code is invalid or expired");
    pub(super) const CODE_USED: Self = refusal("invalid_grant", "code was already used");
    pub(super) const CHALLENGE: Self = refusal("invalid_grant", "code_challenge does not match code_verifier");
    pub(super) const VERIFIER: Self = refusal("invalid_grant", "code_verifier is invalid");
    pub(super) const REDIRECT: Self = refusal(
        "invalid_grant",
        "redirect_uri is invalid, please pass same redirect_uri, you used in authorize method.",
    );
    pub(super) const SERVICE_TOKEN: Self = refusal("invalid_grant", "service_token is invalid");
    pub(super) const ACCESS_TOKEN: Self = refusal("invalid_token", "access_token is missing or invalid");
    pub(super) const ID_TOKEN: Self = refusal("invalid_request", "id_token is missing or invalid");
    // The texts of these follow the pattern of the others.
    pub(super) const CLIENT: Self = refusal("invalid_client", "client_id is missing or invalid");
    pub(super) const GRANT_TYPE: Self = refusal("invalid_request", "grant_type is missing or invalid");
    pub(super) const SERVER_ERROR: Self = refusal("server_error", "no token could be made");

    /// The error in HTTP 200, with the state that was sent.
    pub(super) fn answer(self, state: Option<&str>) -> Reply {
        body(200, self.error, self.description, state)
    }
}

/// An error that somebody asked for.
pub(super) fn asked_for(code: &str, status: Option<u16>) -> Reply {
    body(status.unwrap_or(200), code, "the sandbox was asked to say this", None)
}

/// An error of that kind in that status.
pub(super) fn body(status: u16, error: &str, description: &str, state: Option<&str>) -> Reply {
    let mut members = Map::new();
    members.insert("error".to_owned(), error.into());
    members.insert("error_description".to_owned(), description.into());
    if let Some(state) = state {
        members.insert("state".to_owned(), state.into());
    }
    json(status, written(&Value::Object(members)))
}
