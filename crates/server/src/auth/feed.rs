//! Owns the secret addresses of calendars: 256 bits each, derived from the JWT secret and from what is remembered of the address.
//!
//! Remembered is what is remembered of an API key, and nothing that the secret could be made of without the JWT secret. In memory
//! there are only digests of the secrets.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grantkeep_core::{Secret, Timestamp};
use grantkeep_keeper::ApiKey;

use super::{JwtSecret, Permissions};
use crate::request::{Caller, KeyInUse, actor_of};

/// What stands for the permissions of a remembered address. It is no word that a JWT could say.
const CALENDAR: &str = "calendar";

/// The live addresses.
pub(crate) struct Feeds {
    key: hmac::Key,
    live: RwLock<HashMap<[u8; 32], Feed>>,
}

struct Feed {
    caller: Arc<Caller>,
    expires_at: Timestamp,
}

impl Feeds {
    /// Those of these keys that are addresses.
    pub(crate) fn new(secret: &JwtSecret, keys: &[ApiKey]) -> Self {
        let feeds = Self { key: secret.feeds.clone(), live: RwLock::default() };
        for key in keys.iter().filter(|key| is_feed(key) && key.revoked_at.is_none()) {
            feeds.add(key);
        }
        feeds
    }

    /// Answers this address from now on.
    pub(crate) fn add(&self, key: &ApiKey) {
        let caller = Arc::new(Caller {
            owner: key.owner.clone(),
            may: Permissions::STATUS,
            providers: None,
            actor: actor_of(Some(&key.id)),
            key: Some(KeyInUse::new(&key.id)),
        });
        let feed = Feed { caller, expires_at: key.expires_at };
        let digest = digest_of(&self.text(key));
        self.live.write().unwrap_or_else(PoisonError::into_inner).insert(digest, feed);
    }

    /// Ends an address at once, if it is one.
    pub(crate) fn remove(&self, key_id: &str) {
        let is_other = |feed: &Feed| feed.caller.key.as_ref().is_none_or(|key| &*key.id != key_id);
        self.live.write().unwrap_or_else(PoisonError::into_inner).retain(|_, feed| is_other(feed));
    }

    /// Whose calendar is at the address with this secret. Found by its digest, so that the time it takes tells nothing.
    pub(crate) fn caller(&self, secret: &str, now: Timestamp) -> Option<Arc<Caller>> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let feed = live.get(&digest_of(secret)).filter(|feed| feed.expires_at > now)?;
        Some(Arc::clone(&feed.caller))
    }

    /// The secret of an address.
    pub(crate) fn secret(&self, key: &ApiKey) -> Secret {
        Secret::from(self.text(key))
    }

    fn text(&self, key: &ApiKey) -> String {
        // An id has no line break, and ends at the first.
        let tag = hmac::sign(&self.key, format!("{}\n{}", key.id, key.owner.as_str()).as_bytes());
        URL_SAFE_NO_PAD.encode(tag)
    }
}

/// What is remembered of a new address.
pub(crate) fn remembered(id: String, owner: grantkeep_core::Owner, now: Timestamp, until: Timestamp) -> ApiKey {
    ApiKey {
        id,
        owner,
        permissions: CALENDAR.to_owned(),
        providers: None,
        issued_at: now,
        expires_at: until,
        revoked_at: None,
    }
}

/// Whether what is remembered is the address of a calendar, and no key.
pub(crate) fn is_feed(key: &ApiKey) -> bool {
    key.permissions == CALENDAR
}

fn digest_of(text: &str) -> [u8; 32] {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use grantkeep_core::{Lifetime, Owner};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_768_059_000);

    fn secret(text: &str) -> JwtSecret {
        JwtSecret::from_text(&Secret::from(text)).unwrap()
    }

    fn address(id: &str, owner: &str) -> ApiKey {
        remembered(id.to_owned(), Owner::new(owner).unwrap(), NOW, NOW.after(Lifetime::from_hours(1)))
    }

    #[test]
    fn an_address_is_found_until_it_ends_and_after_a_restart() {
        let signed = secret("0123456789abcdef0123456789abcdef");
        let (anna, boris) = (address("k_1", "anna"), address("k_2", "boris"));
        let feeds = Feeds::new(&signed, &[anna.clone(), boris.clone()]);
        let text = feeds.text(&anna);
        assert_eq!(text.len(), 43, "256 bits");
        let owner = |feeds: &Feeds, text: &str, now| feeds.caller(text, now).map(|it| it.owner.to_string());
        assert_eq!(owner(&feeds, &text, NOW).as_deref(), Some("anna"));
        assert_eq!(owner(&feeds, &text, anna.expires_at), None);
        assert_eq!(owner(&feeds, &text[..42], NOW), None);
        assert_eq!(owner(&feeds, "", NOW), None);
        let again = Feeds::new(&signed, &[boris, ApiKey { revoked_at: Some(NOW), ..anna.clone() }]);
        assert_eq!(owner(&again, &text, NOW), None, "it was ended before");
        feeds.remove("k_1");
        assert_eq!(owner(&feeds, &text, NOW), None);
        feeds.add(&anna);
        assert_eq!(owner(&feeds, &text, NOW).as_deref(), Some("anna"));
    }

    #[test]
    fn another_id_owner_or_secret_is_another_address() {
        let feeds = Feeds::new(&secret("0123456789abcdef0123456789abcdef"), &[]);
        let other = Feeds::new(&secret("0123456789abcdef0123456789abcdeg"), &[]);
        let texts = [
            feeds.text(&address("k_1", "anna")),
            feeds.text(&address("k_2", "anna")),
            feeds.text(&address("k_1", "b")),
        ];
        assert!(texts[0] != texts[1] && texts[0] != texts[2]);
        assert_ne!(texts[0], other.text(&address("k_1", "anna")));
        let key = ApiKey { permissions: "status".to_owned(), ..address("k_1", "anna") };
        let feeds = Feeds::new(&secret("0123456789abcdef0123456789abcdef"), &[key]);
        assert!(feeds.caller(&texts[0], NOW).is_none(), "an API key is no address");
    }
}
