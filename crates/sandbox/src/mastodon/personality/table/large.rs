//! Owns the servers with many people on each, and much code of their own.

use super::super::GrantType as G;
use super::super::*;
use super::MASTODON_4_6;

pub(super) const AKKOMA: Personality = Personality {
    name: "akkoma",
    title: "Akkoma 3.16",
    quirks: &[
        "Tokens live 100 years: expires_in is 3153600000, more than 32 bits hold. There is a refresh token, which stays the same.",
        "A dead token is HTTP 403 “Invalid credentials.”, not 401.",
        "Every mistake at the token endpoint is 400 “Invalid credentials” or 500 “Bad request”, without an OAuth code.",
        "Who already authorised the application is not asked again: the old code comes back, and leads to the old token with the old scopes.",
        "redirect_uri is not compared again at the token endpoint. Cancel leads to the home page.",
        "Instead of metadata there is a web page in HTTP 200. The password grant works: “sandbox”.",
    ],
    software: Software {
        name: "akkoma",
        version: "3.16.0",
        shown: "2.7.2 (compatible; Akkoma 3.16.0)",
        api_version: None,
        has_v2: true,
        uri_is_url: true,
    },
    dialect: Dialect::Akkoma,
    registration: Registration {
        redirect_uris: RedirectUris::TextOnly,
        split: Split::Spaces,
        scopes: RegisteredScopes::AsTheyAre,
        shape: AppShape::Bare,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        sign_in: SignIn::Within,
        redirect_match: RedirectMatch::Exact,
        scopes: ScopeRule::Hierarchical,
        pkce: Pkce::Ignored,
        approval: Approval::OldCode,
        deny: Deny::LinkHome,
        oob: Oob::Page,
        code_for: 3_153_600_000,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        grants: &[G::AuthorizationCode, G::ClientCredentials, G::Password, G::RefreshToken],
        redirect_uri: RedirectNeed::Nowhere,
        reuse: Reuse::OldCode,
        expires_in: Some(3_153_600_000),
        app_expires_in: Some(3_153_600_000),
        refresh: Refresh::Keeps,
        extra: Extra::IdAndMe,
        revocation: Revocation::TokenAlone,
        ..MASTODON_4_6.exchange
    },
    api: Api { metadata: Metadata::FrontEnd, has_userinfo: false, rate: RateHeaders::Absent, ..MASTODON_4_6.api },
};

pub(super) const PIXELFED: Personality = Personality {
    name: "pixelfed",
    title: "Pixelfed 0.12",
    quirks: &[
        "created_at is an ISO 8601 text, and scope is missing.",
        "Tokens are very long, live 365 days, and come with a refresh token that rotates.",
        "A dead token without Accept: application/json is a redirect to /login.",
        "Without a redirect URI the consent page answers with JSON.",
        "Only read, write, follow, push, admin:read and admin:write; anything finer is invalid_scope.",
        "One redirect URI for each application.",
    ],
    software: Software {
        name: "pixelfed",
        version: "0.12.5",
        shown: "3.5.3 (compatible; Pixelfed 0.12.5)",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Pixelfed,
    registration: Registration {
        redirect_uris: RedirectUris::Text,
        split: Split::Never,
        scopes: RegisteredScopes::Ignored,
        shape: AppShape::Timeless,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        redirect_match: RedirectMatch::ExactButPort,
        scopes: ScopeRule::Known,
        known_scopes: ScopeSet::Pixelfed,
        approval: Approval::Never,
        oob: Oob::Json,
        errors: PageErrors::Json,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        grants: &[G::AuthorizationCode, G::ClientCredentials, G::RefreshToken],
        reuse: Reuse::Fresh,
        token: TokenText::Jwt,
        created_at: CreatedAt::Iso,
        expires_in: Some(365 * 86_400),
        app_expires_in: Some(365 * 86_400),
        refresh: Refresh::Rotates(400 * 86_400),
        scope: ScopeAnswer::Omitted,
        ..MASTODON_4_6.exchange
    },
    api: Api { metadata: Metadata::Absent, has_userinfo: false, rate: RateHeaders::Absent, ..MASTODON_4_6.api },
};

pub(super) const FRIENDICA: Personality = Personality {
    name: "friendica",
    title: "Friendica 2024.09",
    quirks: &[
        "Every error of the API is HTTP 403.",
        "Authorising again ends the token before.",
        "Revocation ends the tokens of everybody for that application.",
        "scope of the answer is what the application registered. me is there.",
        "state comes back even when there was none. A code lives 5 minutes.",
        "Of a list of redirect URIs the first counts; queries are not compared.",
    ],
    software: Software {
        name: "friendica",
        version: "2024.09-rc",
        shown: "2.8.0 (compatible; Friendica 2024.09-rc)",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Friendica,
    registration: Registration {
        redirect_uris: RedirectUris::FirstOfArray,
        scopes: RegisteredScopes::AsTheyAre,
        shape: AppShape::Bare,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        redirect_match: RedirectMatch::WithoutQuery,
        scopes: ScopeRule::Unchecked,
        pkce: Pkce::Ignored,
        approval: Approval::Never,
        oob: Oob::Page,
        state: StateText::Always,
        errors: PageErrors::Json,
        code_for: 300,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        reuse: Reuse::Replaces,
        scope: ScopeAnswer::Application,
        extra: Extra::Me,
        revocation: Revocation::EveryToken,
        ..MASTODON_4_6.exchange
    },
    api: Api { metadata: Metadata::Absent, has_userinfo: false, rate: RateHeaders::Absent, ..MASTODON_4_6.api },
};
