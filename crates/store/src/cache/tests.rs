//! How much memory takes, however long the tokens are.

use grantkeep_core::{Evidence, Expiry, Grant, Renewal, Scope, Sealed, Timestamp, TokenKind, Uid, notice::Told};

use super::*;
use crate::contract::{account, owner};

fn of_size(number: usize, sealed: &Sealed) -> Arc<Credential> {
    Arc::new(Credential {
        id: 1,
        uid: Uid([1; 16]),
        revision: 1,
        owner: owner("me"),
        provider: Provider::Vk,
        server: None,
        account: account(&number.to_string()),
        subject: None,
        grant: Grant {
            kind: TokenKind::VkUser,
            access_token: sealed.clone(),
            refresh_token: Some(sealed.clone()),
            device_id: None,
            generation: 1,
            expiry: Expiry::Never,
            scope: Scope::default(),
        },
        evidence: Evidence::captured(Timestamp::from_unix(1)),
        created_at: Timestamp::from_unix(1),
        check_at: None,
        renewal: Renewal::default(),
        told: Told::default(),
    })
}

#[test]
fn long_tokens_are_fewer() {
    for (length, remembered, least, most) in [(128, 150_000, USUAL, 145_000), (100_000, 1_000, 500, 671)] {
        let (cache, sealed) = (FoundCache::new(true), Sealed(vec![7; length].into()));
        for number in 0..remembered {
            cache.remember(of_size(number, &sealed));
        }
        let kept = cache.0.unwrap();
        assert!((least..=most).contains(&kept.len()) && kept.weight() <= MOST, "{} of {length}", kept.len());
    }
}
