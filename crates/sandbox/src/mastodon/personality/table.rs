//! Owns the servers: each is another one with what is different. Here are those that are Mastodon itself.

mod large;
mod small;

use super::*;
use super::{ClientAuth as Auth, GrantType as G};
use large::{AKKOMA, FRIENDICA, PIXELFED};
use small::{GOTOSOCIAL, HOLLO, MITRA, SNAC, TAKAHE};

/// Their names, in the order of their ports.
pub(in crate::mastodon) const NAMES: [&str; 11] = [
    MASTODON_4_6.name,
    MASTODON_4_2.name,
    GOTOSOCIAL.name,
    AKKOMA.name,
    PIXELFED.name,
    MITRA.name,
    TAKAHE.name,
    HOLLO.name,
    SNAC.name,
    FRIENDICA.name,
    DOORKEEPER_6.name,
];

/// All of them, in the order of [`NAMES`].
pub(in crate::mastodon) static ALL: [Personality; 11] =
    [MASTODON_4_6, MASTODON_4_2, GOTOSOCIAL, AKKOMA, PIXELFED, MITRA, TAKAHE, HOLLO, SNAC, FRIENDICA, DOORKEEPER_6];

const MASTODON_4_6: Personality = Personality {
    name: "mastodon-4.6",
    title: "Mastodon 4.6",
    quirks: &[
        "Nobody is asked again while there is a token for the same scopes, unless force_login=true.",
        "The same person, application and scopes get the same token again, with its first created_at.",
        "Mistakes in the authorize address end on a page; the application hears of a denial alone.",
        "The port may differ on 127.0.0.1 and [::1], not on localhost.",
        "Scopes are compared word for word: an application with read cannot ask for read:accounts.",
        "5 applications in 10 minutes per address; tokens never expire; PKCE with S256.",
    ],
    software: Software {
        name: "mastodon",
        version: "4.6.5",
        shown: "4.6.5",
        api_version: Some(11),
        has_v2: true,
        uri_is_url: false,
    },
    dialect: Dialect::Doorkeeper,
    registration: Registration {
        redirect_uris: RedirectUris::Array,
        split: Split::Spaces,
        scopes: RegisteredScopes::Known,
        fields: Fields::Usual,
        shape: AppShape::Full,
        ids: Ids::Random,
        is_limited: true,
        checks_bearer: false,
    },
    consent: Consent {
        sign_in: SignIn::Before,
        redirect_match: RedirectMatch::Doorkeeper5,
        scopes: ScopeRule::Literal,
        known_scopes: ScopeSet::Mastodon46,
        pkce: Pkce::S256,
        approval: Approval::EqualScopes,
        deny: Deny::Redirect,
        oob: Oob::NativePage,
        state: StateText::Encoded,
        errors: PageErrors::Page,
        code_for: 600,
        has_iss: false,
    },
    exchange: Exchange {
        grants: &[G::AuthorizationCode, G::ClientCredentials],
        client: Auth::BasicFirst,
        redirect_uri: RedirectNeed::ForCode,
        replay: Replay::Refused,
        reuse: Reuse::EqualScopes,
        token: TokenText::Random,
        created_at: CreatedAt::Seconds,
        expires_in: None,
        app_expires_in: None,
        refresh: Refresh::Absent,
        scope: ScopeAnswer::Granted,
        extra: Extra::Nothing,
        revocation: Revocation::Client,
    },
    api: Api {
        needs_user_agent: false,
        decodes_first: false,
        metadata: Metadata::Served,
        has_userinfo: true,
        app_check: AppCheck::AnyToken,
        rate: RateHeaders::Api,
    },
};

const MASTODON_4_2: Personality = Personality {
    name: "mastodon-4.2",
    title: "Mastodon 4.2",
    quirks: &[
        "No metadata (404), no userinfo, no scope profile; PKCE is ignored.",
        "redirect_uris is a text; a list counts as left out.",
        "Mistakes in the authorize address end on a page in HTTP 200.",
        "The password grant works: the password of everybody is “sandbox”.",
        "/api/v1/apps/verify_credentials needs the scope read.",
    ],
    software: Software { version: "4.2.29", shown: "4.2.29", api_version: None, ..MASTODON_4_6.software },
    registration: Registration {
        redirect_uris: RedirectUris::Text,
        shape: AppShape::Bare,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        known_scopes: ScopeSet::Mastodon42,
        pkce: Pkce::Ignored,
        errors: PageErrors::PageOk,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange { grants: &[G::AuthorizationCode, G::ClientCredentials, G::Password], ..MASTODON_4_6.exchange },
    api: Api { metadata: Metadata::Absent, has_userinfo: false, app_check: AppCheck::NeedsRead, ..MASTODON_4_6.api },
    ..MASTODON_4_6
};

const DOORKEEPER_6: Personality = Personality {
    name: "doorkeeper-6",
    title: "Mastodon on Doorkeeper 6",
    quirks: &[
        "What a Mastodon to come may do; the engine is in beta.",
        "Redirect URIs are compared as texts, but for the port of 127.0.0.1 and [::1].",
        "A code that comes twice ends the token it led to.",
        "Client credentials come in one way only, and never in the query.",
        "Answers of /oauth/authorize carry iss.",
    ],
    software: Software { version: "4.8.0", shown: "4.8.0", ..MASTODON_4_6.software },
    consent: Consent { redirect_match: RedirectMatch::ExactButPort, has_iss: true, ..MASTODON_4_6.consent },
    exchange: Exchange { client: Auth::OneMethod, replay: Replay::EndsToken, ..MASTODON_4_6.exchange },
    ..MASTODON_4_6
};
