//! Owns JWTs as a host application makes them: HS256 with the secret that it shares with the server.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::wait::now;

/// The secret of servers that are started here, unless a test wants theirs.
pub const SECRET: &str = "a secret that the tests share with the server they start";

/// A JWT for `owner` with a `scope`, for an hour.
pub fn key(owner: &str, scope: &str) -> String {
    sign(&json!({"sub": owner, "scope": scope, "exp": now() + 3600}))
}

/// A JWT of those claims.
pub fn sign(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}
