//! Owns taking in a token that a person made by hand: Settings → Development on Mastodon, personal access tokens on Pixelfed.
//!
//! There is no flow behind such a token, so that nothing of it is known but the text. The check tells the rest; a key or a
//! secret pasted in its place looks the same and is found out by it.

use grantkeep_core::redirect::{self, Intake, IntakeFault, Stated};
use grantkeep_core::{Expiry, Timestamp};

use crate::Software;

/// Reads the pasted text: a token, or JSON with one. An address is none: these servers put no token into one.
pub fn read(text: &str) -> Result<Intake<'_>, IntakeFault> {
    redirect::read(text, &|_| false)
}

/// When it ends: as the text said, else as is usual with that server.
pub fn expiry(software: Software, intake: &Intake<'_>, now: Timestamp) -> Expiry {
    match intake.lifetime {
        Some(Stated::For(lifetime)) => {
            crate::token::expiry(software, grantkeep_oauth::token::Stated::For(lifetime), now)
        }
        Some(Stated::Never) => Expiry::Never,
        None => software.usual_expiry(now),
    }
}
