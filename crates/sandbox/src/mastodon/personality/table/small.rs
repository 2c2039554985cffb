//! Owns the servers that are made for few people each.

use super::super::*;
use super::super::{ClientAuth as Auth, GrantType as G};
use super::MASTODON_4_6;

pub(super) const GOTOSOCIAL: Personality = Personality {
    name: "gotosocial",
    title: "GoToSocial 0.20",
    quirks: &[
        "A request without User-Agent is answered with HTTP 418.",
        "The token endpoint wants redirect_uri for every grant, and the client in the parameters, not in HTTP Basic.",
        "A wrong client is HTTP 400 invalid_client; a scope too many is HTTP 403.",
        "Redirect URIs are compared exactly, with their port; redirect_uris is a text with one on each line.",
        "There is no deny button. No metadata; PKCE is ignored. An application’s token lives 2 hours.",
        "Errors after consent are redirected even to urn:ietf:wg:oauth:2.0:oob?error=….",
    ],
    software: Software {
        name: "gotosocial",
        version: "0.20.0",
        shown: "0.20.0",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::GoToSocial,
    registration: Registration {
        redirect_uris: RedirectUris::TextOnly,
        split: Split::Lines,
        scopes: RegisteredScopes::AsTheyAre,
        fields: Fields::NameOnly,
        shape: AppShape::Timeless,
        ids: Ids::Ulid,
        is_limited: false,
        checks_bearer: true,
    },
    consent: Consent {
        redirect_match: RedirectMatch::Exact,
        scopes: ScopeRule::Hierarchical,
        pkce: Pkce::Ignored,
        approval: Approval::Never,
        deny: Deny::Absent,
        oob: Oob::Page,
        errors: PageErrors::PageThenRedirect,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        client: Auth::BodyOnly,
        redirect_uri: RedirectNeed::ForEverything,
        reuse: Reuse::Fresh,
        app_expires_in: Some(7200),
        revocation: Revocation::Strict,
        ..MASTODON_4_6.exchange
    },
    api: Api {
        needs_user_agent: true,
        metadata: Metadata::Absent,
        has_userinfo: false,
        rate: RateHeaders::Everywhere,
        ..MASTODON_4_6.api
    },
};

pub(super) const MITRA: Personality = Personality {
    name: "mitra",
    title: "Mitra 5.9",
    quirks: &[
        "Tokens live 30 days, and there is no refresh token.",
        "All fields are needed at registration, exactly one redirect URI, and scope at authorize.",
        "client_id is a UUID; the secret is not looked at.",
        "Only read, write and profile; other scopes are left out silently.",
        "A wrong code is HTTP 404. Revocation needs the token as Authorization: Bearer too.",
        "No client credentials, no /api/v1/apps/verify_credentials, no deny button, no metadata.",
    ],
    software: Software {
        name: "mitra",
        version: "5.9.2",
        shown: "4.0.0 (compatible; Mitra 5.9.2)",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Mitra,
    registration: Registration {
        redirect_uris: RedirectUris::TextOnly,
        split: Split::Never,
        scopes: RegisteredScopes::Dropped,
        fields: Fields::All,
        shape: AppShape::Timeless,
        ids: Ids::Uuid,
        is_limited: false,
        checks_bearer: false,
    },
    consent: Consent {
        sign_in: SignIn::Within,
        redirect_match: RedirectMatch::Exact,
        scopes: ScopeRule::Trimmed,
        known_scopes: ScopeSet::Mitra,
        pkce: Pkce::Ignored,
        approval: Approval::Never,
        deny: Deny::Absent,
        oob: Oob::Page,
        code_for: 300,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        grants: &[G::AuthorizationCode, G::Password],
        client: Auth::Unchecked,
        reuse: Reuse::Fresh,
        expires_in: Some(2_592_000),
        revocation: Revocation::OwnBearer,
        ..MASTODON_4_6.exchange
    },
    api: Api {
        metadata: Metadata::Absent,
        has_userinfo: false,
        app_check: AppCheck::Absent,
        rate: RateHeaders::Absent,
        ..MASTODON_4_6.api
    },
};

pub(super) const TAKAHE: Personality = Personality {
    name: "takahe",
    title: "Takahē",
    quirks: &[
        "The state comes back as it went in, not encoded.",
        "A code lives 60 seconds; one that was never given is HTTP 500.",
        "A dead token is HTTP 400, text/plain: “Invalid Bearer token”.",
        "Every application’s token is “__app__”.",
        "A redirect URI need only stand somewhere in the registered ones.",
        "Revocation answers with an empty body. No metadata; PKCE is ignored.",
    ],
    software: Software {
        name: "takahe",
        version: "0.11.0",
        shown: "takahe/0.11.0",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Takahe,
    registration: Registration {
        redirect_uris: RedirectUris::Text,
        split: Split::Never,
        scopes: RegisteredScopes::AsTheyAre,
        shape: AppShape::Bare,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        redirect_match: RedirectMatch::Substring,
        pkce: Pkce::Ignored,
        approval: Approval::Never,
        oob: Oob::Page,
        state: StateText::Raw,
        errors: PageErrors::Json,
        code_for: 60,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange { reuse: Reuse::SharedAppToken, revocation: Revocation::ClientEmpty, ..MASTODON_4_6.exchange },
    api: Api { metadata: Metadata::Absent, has_userinfo: false, rate: RateHeaders::Absent, ..MASTODON_4_6.api },
};

pub(super) const HOLLO: Personality = Personality {
    name: "hollo",
    title: "Hollo 0.10",
    quirks: &[
        "created_at of a person’s token is in milliseconds.",
        "A denial is redirected without the state.",
        "Unknown fields and an empty website are refused at registration (HTTP 422).",
        "Redirect URIs are compared exactly, with their port. Metadata and PKCE as with Mastodon.",
        "Basic and body credentials may come together if they are the same.",
        "401 is invalid_token or unauthorized, 403 insufficient_scope.",
    ],
    software: Software {
        name: "hollo",
        version: "0.10.0",
        shown: "0.10.0",
        api_version: None,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Hollo,
    registration: Registration {
        fields: Fields::Strict,
        shape: AppShape::Timeless,
        ids: Ids::Uuid,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        redirect_match: RedirectMatch::Exact,
        approval: Approval::Never,
        deny: Deny::Stateless,
        oob: Oob::Page,
        errors: PageErrors::Json,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        client: Auth::Identical,
        reuse: Reuse::Fresh,
        created_at: CreatedAt::MillisecondsForCode,
        ..MASTODON_4_6.exchange
    },
    api: Api { rate: RateHeaders::Absent, ..MASTODON_4_6.api },
};

pub(super) const SNAC: Personality = Personality {
    name: "snac",
    title: "snac 2",
    quirks: &[
        "Errors are a bare status without a body.",
        "Without a redirect URI the answer is the bare code, with &state=… behind it.",
        "Forms are decoded before they are taken apart, so an encoded &, = or + breaks them; JSON is safe.",
        "Redirect URIs are not looked at. No scope in the answer.",
        "The token endpoint wants redirect_uri for every grant, and client_id in the body.",
        "Revocation ends the application too.",
    ],
    software: Software {
        name: "snac",
        version: "2.80",
        shown: "4.0.0 (not true; really snac/2.80)",
        api_version: None,
        has_v2: false,
        ..MASTODON_4_6.software
    },
    dialect: Dialect::Snac,
    registration: Registration {
        redirect_uris: RedirectUris::Text,
        split: Split::Never,
        scopes: RegisteredScopes::AsTheyAre,
        shape: AppShape::Bare,
        ids: Ids::Hex,
        is_limited: false,
        ..MASTODON_4_6.registration
    },
    consent: Consent {
        sign_in: SignIn::Within,
        redirect_match: RedirectMatch::Anything,
        scopes: ScopeRule::Unchecked,
        pkce: Pkce::Ignored,
        approval: Approval::Never,
        deny: Deny::Absent,
        oob: Oob::Text,
        state: StateText::Raw,
        errors: PageErrors::Bare,
        ..MASTODON_4_6.consent
    },
    exchange: Exchange {
        client: Auth::IdInBody,
        redirect_uri: RedirectNeed::ForEverything,
        reuse: Reuse::Fresh,
        token: TokenText::Hex,
        scope: ScopeAnswer::Omitted,
        revocation: Revocation::TakesApp,
        ..MASTODON_4_6.exchange
    },
    api: Api {
        decodes_first: true,
        metadata: Metadata::Absent,
        has_userinfo: false,
        rate: RateHeaders::Absent,
        ..MASTODON_4_6.api
    },
};
