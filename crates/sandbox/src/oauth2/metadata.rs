//! Owns what the server says about itself: one document for RFC 8414 and OpenID Connect Discovery, and its key.

use serde_json::{Value, json};

use super::OAuth2;
use super::device::GRANT_TYPE;
use super::refusal::Refusal;
use super::scope::SCOPES;
use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::jwt;
use crate::reply::{Reply, json as json_reply, written};

/// Answers both addresses of the document.
pub(super) fn answer(server: &OAuth2, _: &Ask, _: Moment, _: &Wanted) -> Reply {
    json_reply(200, written(&document(server)))
}

fn document(server: &OAuth2) -> Value {
    let base = &server.site.base;
    let at = |path: &str| format!("{base}/{path}");
    json!({
        "issuer": base,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "device_authorization_endpoint": at("device_authorization"),
        "revocation_endpoint": at("revoke"),
        "introspection_endpoint": at("introspect"),
        "userinfo_endpoint": at("userinfo"),
        "registration_endpoint": at("register"),
        "jwks_uri": at("jwks"),
        "scopes_supported": SCOPES.map(|(name, _)| name),
        "response_types_supported": ["code", "token"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported":
            ["authorization_code", "implicit", "refresh_token", "client_credentials", GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": server.settings().iss,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified"],
    })
}

/// Answers `/jwks`.
pub(super) fn jwks(_: &OAuth2, _: &Ask, _: Moment, _: &Wanted) -> Reply {
    match jwt::jwks() {
        Ok(set) => json_reply(200, written(&set)),
        Err(_) => Refusal::NO_CHANCE.answer(),
    }
}
