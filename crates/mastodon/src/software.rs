//! Owns what is different between the servers that speak Mastodon's API: one table, a row for each.
//!
//! The protocol is the same everywhere; what differs is what a server understands, what it keeps to, and what its refusals
//! mean. Nothing else in this crate asks for a server by its name but this table and the one of refusals.

use grantkeep_core::{Expiry, Lifetime, Timestamp};

/// What a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Software {
    /// Akkoma, a fork of Pleroma.
    Akkoma,
    /// Friendica.
    Friendica,
    /// GoToSocial.
    GoToSocial,
    /// Hollo.
    Hollo,
    /// Iceshrimp.NET; not the older Iceshrimp, which is a fork of Misskey.
    IceshrimpNet,
    /// Mastodon from 4.3 on, with its forks (glitch-soc and others).
    Mastodon,
    /// Mastodon up to 4.2, with its forks (Hometown and others).
    MastodonBefore43,
    /// Mitra.
    Mitra,
    /// Pixelfed.
    Pixelfed,
    /// Pleroma.
    Pleroma,
    /// Forks of Misskey with a layer that speaks Mastodon's API: Sharkey, Firefish, Iceshrimp (the older one), Catodon.
    Sharkey,
    /// snac2.
    Snac,
    /// Takahē.
    Takahe,
    /// Something else that speaks Mastodon's API.
    Unknown,
}

/// What is special about a server. Read off its sources (the versions are those of 2024 to 2026); what no source says is taken
/// as with Mastodon up to 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// Name in rows and answers.
    pub name: &'static str,
    /// What to call it in a sentence.
    pub title: &'static str,
    /// Whether it may have `/.well-known/oauth-authorization-server` (RFC 8414), so that it is worth asking.
    pub has_metadata: bool,
    /// Which scopes it knows.
    pub scopes: Grain,
    /// Whether an answer to `client_credentials` tells that it knows our registration.
    pub app_token: AppToken,
    /// Whether `apps/verify_credentials` answers to any live token, whatever its scopes.
    pub has_scopeless_check: bool,
    /// How a token is withdrawn.
    pub revocation: Revocation,
    /// How long a token lives when nobody says; none: it does not end.
    pub usual_days: Option<u64>,
    /// Whether it can show the code for copying (`urn:ietf:wg:oauth:2.0:oob`).
    pub shows_code: bool,
    /// Whether a registration must name a website, where the others do without.
    pub needs_website: bool,
}

/// Which scopes a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// `read`, `write` and a few more whole ones.
    Coarse,
    /// Mastodon's fine ones too: `write:media`.
    Fine,
}

/// What an answer to `client_credentials` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppToken {
    /// Nothing: the grant is not there, or every caller gets the same.
    Meaningless,
    /// Whether the registration is known, by the error's code.
    Telling,
    /// So too, but refusals have no code: any 400 is one.
    TellingByStatus,
}

/// How a token is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Not at all: only in the server's settings.
    Absent,
    /// With the token as its own proof in the `Authorization` header, beside the form.
    Bearer,
    /// With the client's id and secret (RFC 7009).
    Client,
    /// So too; and with it every token of the registration ends, other people's too.
    ClientEndsAll,
    /// So too; and with it the registration itself ends.
    ClientEndsRegistration,
}

/// What is taken as given where no row says otherwise: Mastodon up to 4.2, whose API the others took over.
const USUAL: Traits = Traits {
    name: "unknown",
    title: "this server",
    has_metadata: false,
    scopes: Grain::Coarse,
    app_token: AppToken::Telling,
    has_scopeless_check: false,
    revocation: Revocation::Client,
    usual_days: None,
    shows_code: true,
    needs_website: false,
};

impl Software {
    /// Every software there is.
    pub const ALL: [Self; 14] = [
        Self::Akkoma,
        Self::Friendica,
        Self::GoToSocial,
        Self::Hollo,
        Self::IceshrimpNet,
        Self::Mastodon,
        Self::MastodonBefore43,
        Self::Mitra,
        Self::Pixelfed,
        Self::Pleroma,
        Self::Sharkey,
        Self::Snac,
        Self::Takahe,
        Self::Unknown,
    ];

    /// The table.
    #[rustfmt::skip]
    pub const fn traits(self) -> Traits {
        use {AppToken::*, Grain::*, Revocation::*};
        match self {
            // Without a prompt it gives the previous token again, with its scopes. A "Cancel" leads to its front page.
            Self::Akkoma => Traits { name: "akkoma", title: "Akkoma", scopes: Fine, app_token: TellingByStatus, ..USUAL },
            // A new sign-in ends the token of the previous one.
            Self::Friendica => Traits { name: "friendica", title: "Friendica", revocation: ClientEndsAll, ..USUAL },
            // No metadata up to 0.20; asked all the same, for it costs one request. No "Deny" on its page.
            Self::GoToSocial => Traits { name: "gotosocial", title: "GoToSocial", has_metadata: true, scopes: Fine, ..USUAL },
            Self::Hollo => Traits { name: "hollo", title: "Hollo", has_metadata: true, scopes: Fine, ..USUAL },
            Self::IceshrimpNet => Traits { name: "iceshrimp.net", title: "Iceshrimp.NET", scopes: Fine, ..USUAL },
            // Doorkeeper with `reuse_access_token`: a new sign-in gives the same token, and copies of it live and die together.
            // 4.3 brought PKCE, metadata, and a check that needs no scope.
            Self::Mastodon => Traits { name: "mastodon", title: "Mastodon", has_metadata: true, scopes: Fine,
                has_scopeless_check: true, ..USUAL },
            Self::MastodonBefore43 => Traits { name: "mastodon_before_4.3", title: "Mastodon up to 4.2", scopes: Fine, ..USUAL },
            // `client_credentials` is not there. Tokens end after 30 days, and nothing renews them.
            Self::Mitra => Traits { name: "mitra", title: "Mitra", app_token: Meaningless, revocation: Bearer,
                usual_days: Some(30), needs_website: true, ..USUAL },
            // Laravel Passport: 365 days unless configured otherwise.
            Self::Pixelfed => Traits { name: "pixelfed", title: "Pixelfed", usual_days: Some(365), ..USUAL },
            Self::Pleroma => Traits { name: "pleroma", title: "Pleroma", scopes: Fine, app_token: TellingByStatus, ..USUAL },
            // An application's token is a random text there. The layer has no revocation.
            Self::Sharkey => Traits { name: "sharkey", title: "Sharkey and other forks of Misskey", app_token: Meaningless,
                revocation: Absent, shows_code: false, ..USUAL },
            Self::Snac => Traits { name: "snac", title: "snac", app_token: Meaningless,
                revocation: ClientEndsRegistration, ..USUAL },
            // Every application gets the same token, `__app__`.
            Self::Takahe => Traits { name: "takahe", title: "Takahē", app_token: Meaningless, ..USUAL },
            Self::Unknown => Traits { has_metadata: true, ..USUAL },
        }
    }

    /// Name in rows and answers.
    pub const fn as_str(self) -> &'static str {
        self.traits().name
    }

    /// The software of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|software| software.as_str() == name)
    }

    /// By `software.name` of a server's nodeinfo document (nodeinfo 2.0), in any case of letters. Mastodon is taken as the new
    /// one; what it has of metadata tells. None: a name that we do not know.
    pub(crate) fn from_nodeinfo(name: &str) -> Option<Named> {
        let name = name.to_ascii_lowercase();
        Some(Named::Family(match name.as_str() {
            "akkoma" => Self::Akkoma,
            "calckey" | "catodon" | "firefish" | "iceshrimp" | "sharkey" => Self::Sharkey,
            "cherrypick" | "foundkey" | "meisskey" | "misskey" => return Some(Named::Misskey),
            "fedibird" | "glitch" | "glitch-soc" | "hometown" | "kmyblue" | "mastodon" => Self::Mastodon,
            "friendica" => Self::Friendica,
            "gotosocial" => Self::GoToSocial,
            "hollo" => Self::Hollo,
            "iceshrimp.net" => Self::IceshrimpNet,
            "mitra" => Self::Mitra,
            "pixelfed" => Self::Pixelfed,
            "pleroma" => Self::Pleroma,
            "snac" | "snac2" => Self::Snac,
            "takahe" => Self::Takahe,
            _ => return None,
        }))
    }

    /// By `version` of `/api/v1/instance`, where others say who they are: `2.7.2 (compatible; Pleroma 2.6.0)`,
    /// `takahe/0.11.0`. None: it does not say.
    pub(crate) fn from_version(version: &str) -> Option<Named> {
        let says = version.split_once("(compatible;").map_or(version, |(_, says)| says.trim_start());
        let name = says.split([' ', '/', ')']).next().unwrap_or_default();
        Self::from_nodeinfo(name)
    }

    /// When a token ends if nobody has said.
    pub fn usual_expiry(self, now: Timestamp) -> Expiry {
        let assumed = |days| Expiry::Assumed(now.after(Lifetime::from_hours(24 * days)));
        self.traits().usual_days.map_or(Expiry::Never, assumed)
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A server with Mastodon's API.
    Family(Software),
    /// Misskey or a fork of it without Mastodon's API.
    Misskey,
}

#[cfg(test)]
mod tests;
