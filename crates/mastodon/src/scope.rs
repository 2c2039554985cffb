//! Owns which scopes are asked for: what the product needs by itself, and whether a server knows what somebody asks for.
//!
//! Mastodon compares scopes literally: whoever registered with `read` cannot ask for `read:accounts` later (Doorkeeper's
//! scope checker). So the set that is registered is the set that is asked for, and nothing widens it silently.

use grantkeep_oauth::Scopes;
use thiserror::Error;

use crate::Software;
use crate::software::Grain;

/// What a poster needs, and no more: to know who it is, to upload, to post. Everything else must be asked for.
const POSTER: [&str; 2] = ["write:media", "write:statuses"];

/// Names the person and shows nothing else (Mastodon 4.3 and later).
const PROFILE: &str = "profile";

/// Names the person; shows follows and the like too.
const ACCOUNTS: &str = "read:accounts";

/// The same where only whole scopes are known.
const COARSE: [&str; 2] = ["read", "write"];

/// Scopes that let a token ask who it is (docs.joinmastodon.org, accounts/verify_credentials).
const IDENTIFYING: [&str; 3] = [PROFILE, "read", ACCOUNTS];

/// Why scopes cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScopeFault {
    /// The server does not know these; asking for them would end on an error page.
    #[error("the server does not know all of the scopes that were asked for")]
    NotKnown(Scopes),
}

/// The scopes to register and to ask for. `supported` is what the server's metadata lists; `asked` what somebody wants
/// instead of the default, and is never changed.
pub fn choose(software: Software, supported: Option<&Scopes>, asked: Option<&Scopes>) -> Result<Scopes, ScopeFault> {
    let supported = supported.filter(|supported| !supported.is_empty());
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(usual(software, supported)) };
    let unknown: Scopes = match supported {
        Some(supported) => asked.missing_from(supported),
        None => asked.iter().filter(|scope| !may_know(software, scope)).collect(),
    };
    if unknown.is_empty() { Ok(asked.clone()) } else { Err(ScopeFault::NotKnown(unknown)) }
}

/// Whether a token with these scopes may ask who it is.
pub fn identifies(scopes: &Scopes) -> bool {
    IDENTIFYING.iter().any(|scope| scopes.contains(scope))
}

fn usual(software: Software, supported: Option<&Scopes>) -> Scopes {
    let fine = |identity| [identity].into_iter().chain(POSTER).collect::<Scopes>();
    let coarse = || COARSE.into_iter().collect();
    match supported {
        Some(supported) => [fine(PROFILE), fine(ACCOUNTS)]
            .into_iter()
            .find(|scopes| scopes.missing_from(supported).is_empty())
            .unwrap_or_else(coarse),
        None if software.traits().scopes == Grain::Fine => fine(ACCOUNTS),
        None => coarse(),
    }
}

/// Whether a server without metadata may know a scope.
fn may_know(software: Software, scope: &str) -> bool {
    match software.traits().scopes {
        Grain::Coarse => !scope.contains(':') || scope.starts_with("admin:"),
        // The older Mastodon refuses the whole registration for it.
        Grain::Fine => scope != PROFILE || software != Software::MastodonBefore43,
    }
}

#[cfg(test)]
mod tests;
