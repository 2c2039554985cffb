//! Owns what a VK token's kind implies: how to tell it from the outside, how long it usually lives, what to call its account.

use grantkeep_core::redirect::Intake;
use grantkeep_core::{Account, Expiry, Lifetime, Subject, Timestamp, TokenKind};

/// How access tokens of VK ID begin. `vk1.` tells nothing: users' and communities' tokens share it.
const VK_ID_PREFIX: &str = "vk2.";

/// What can be told of a token before VK is asked.
pub fn kind_of(intake: &Intake<'_>) -> TokenKind {
    if intake.community.is_some() {
        TokenKind::VkCommunity
    } else if intake.token.expose().starts_with(VK_ID_PREFIX) {
        TokenKind::VkId
    } else {
        TokenKind::VkUnknown
    }
}

/// When a token of that kind usually ends, if nobody has said: 24 h for a user's, 1 h for VK ID's, never for a
/// community's or an application's.
pub fn usual_expiry(kind: TokenKind, now: Timestamp) -> Expiry {
    match kind {
        // Those of other providers are not ours to know.
        TokenKind::Mastodon | TokenKind::OAuth2 | TokenKind::OAuth2Client => Expiry::Unstated,
        TokenKind::VkCommunity | TokenKind::VkService => Expiry::Never,
        TokenKind::VkId => Expiry::Assumed(now.after(Lifetime::from_hours(1))),
        TokenKind::VkUnknown | TokenKind::VkUser => Expiry::Assumed(now.after(Lifetime::from_hours(24))),
    }
}

/// A user id in an answer's `user_id`: digits, from 1 to [`Subject::LARGEST`].
pub fn user_id(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| is_number && (1..=Subject::LARGEST).contains(id))
}

/// The account's name where none is given.
pub fn default_account(subject: Option<&Subject>) -> Account {
    let name = match subject {
        Some(Subject::User(id)) => format!("vk_{id}"),
        Some(Subject::Community(id)) => format!("vk_club{id}"),
        Some(Subject::Application) => "vk_app".into(),
        // VK names everybody by a number.
        Some(Subject::Person(_)) | None => "vk_unverified".into(),
    };
    Account::new(&name).expect("a short name of ASCII letters and digits")
}

#[cfg(test)]
mod tests;
