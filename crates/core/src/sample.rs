//! Owns the credential that tests of rules about credentials begin with: one with nothing special about it.

use crate::{
    Account, Credential, Evidence, Expiry, Grant, Owner, Provider, Renewal, Scope, Sealed, Timestamp, TokenKind, Uid,
    notice::Told,
};

/// When it was captured.
pub(crate) const BEGIN: Timestamp = Timestamp::from_unix(1_768_059_000);

/// One that nothing renews.
pub(crate) fn credential(expiry: Expiry, evidence: Evidence) -> Credential {
    Credential {
        id: 1,
        uid: Uid([0; 16]),
        revision: 1,
        owner: Owner::new("me").unwrap(),
        provider: Provider::Vk,
        server: None,
        account: Account::new("a").unwrap(),
        subject: None,
        grant: grant(TokenKind::OAuth2, expiry),
        evidence,
        created_at: BEGIN,
        check_at: None,
        renewal: Renewal::default(),
        told: Told::default(),
    }
}

/// The first token of its kind, without a refresh token.
pub(crate) fn grant(kind: TokenKind, expiry: Expiry) -> Grant {
    Grant {
        kind,
        access_token: Sealed(Box::default()),
        refresh_token: None,
        device_id: None,
        generation: 1,
        expiry,
        scope: Scope::default(),
    }
}
