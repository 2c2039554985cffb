//! Owns what may differ between servers that speak Mastodon's API: each difference is an enum, each server a value.
//!
//! The engine asks these and nothing else: no part of it knows a server's name. The values are in [`table`].

mod table;

pub(super) use table::{ALL, NAMES};

/// One kind of server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Personality {
    /// `mastodon-4.6`
    pub(super) name: &'static str,
    /// As people write it.
    pub(super) title: &'static str,
    /// What a client must know, for the home page.
    pub(super) quirks: &'static [&'static str],
    pub(super) software: Software,
    pub(super) dialect: Dialect,
    pub(super) registration: Registration,
    pub(super) consent: Consent,
    pub(super) exchange: Exchange,
    pub(super) api: Api,
}

/// How it names itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Software {
    /// `software.name` of nodeinfo.
    pub(super) name: &'static str,
    /// `software.version` of nodeinfo.
    pub(super) version: &'static str,
    /// `version` of `/api/v1/instance`.
    pub(super) shown: &'static str,
    /// `api_versions.mastodon` of `/api/v2/instance`.
    pub(super) api_version: Option<u32>,
    /// Whether there is `/api/v2/instance`.
    pub(super) has_v2: bool,
    /// Whether `uri` of `/api/v1/instance` is a whole URL.
    pub(super) uri_is_url: bool,
}

/// In whose words errors are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Akkoma,
    Doorkeeper,
    Friendica,
    GoToSocial,
    Hollo,
    Mitra,
    Pixelfed,
    Snac,
    Takahe,
}

/// `POST /api/v1/apps`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registration {
    pub(super) redirect_uris: RedirectUris,
    pub(super) split: Split,
    pub(super) scopes: RegisteredScopes,
    pub(super) fields: Fields,
    pub(super) shape: AppShape,
    pub(super) ids: Ids,
    /// Whether addresses are limited to 5 applications in 10 minutes.
    pub(super) is_limited: bool,
    /// Whether a bearer token that comes along must be a good one.
    pub(super) checks_bearer: bool,
}

/// In which JSON or form types `redirect_uris` may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectUris {
    /// A text or a list.
    Array,
    /// A text; of a list the first alone counts.
    FirstOfArray,
    /// A text; a list counts as left out.
    Text,
    /// A text; a list is an error.
    TextOnly,
}

/// How several redirect URIs in one text are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Lines,
    /// Not at all: the text is one redirect URI.
    Never,
    Spaces,
}

/// What becomes of the scopes of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegisteredScopes {
    AsTheyAre,
    /// Those that the server does not know are left out silently.
    Dropped,
    /// The application may ask for everything the server knows.
    Ignored,
    /// Those that the server does not know are an error.
    Known,
}

/// Which fields there must and may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// `client_name`, `redirect_uris`, `scopes` and `website` must be there.
    All,
    /// `client_name` must be there; without `redirect_uris` the code is shown on a page.
    NameOnly,
    /// Also refuses fields that it does not know, and an empty `website`.
    Strict,
    /// `client_name` and `redirect_uris` must be there; lengths are limited.
    Usual,
}

/// Which members the description of an application has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AppShape {
    /// Neither `scopes` nor `redirect_uris`.
    Bare,
    /// As Mastodon has it since 4.3.2.
    Full,
    /// As [`Full`](Self::Full), without `client_secret_expires_at`.
    Timeless,
}

/// What identifiers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// 32 hexadecimal digits.
    Hex,
    /// 43 letters of base64url.
    Random,
    /// ULIDs; the secret is a UUID.
    Ulid,
    /// UUIDs.
    Uuid,
}

/// `/oauth/authorize`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Consent {
    pub(super) sign_in: SignIn,
    pub(super) redirect_match: RedirectMatch,
    pub(super) scopes: ScopeRule,
    pub(super) known_scopes: ScopeSet,
    pub(super) pkce: Pkce,
    pub(super) approval: Approval,
    pub(super) deny: Deny,
    pub(super) oob: Oob,
    pub(super) state: StateText,
    pub(super) errors: PageErrors,
    /// A code lives so many seconds.
    pub(super) code_for: u64,
    /// Whether answers carry `iss` (RFC 9207).
    pub(super) has_iss: bool,
}

/// When a person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// Before anything is looked at.
    Before,
    /// On the page that asks for consent.
    Within,
}

/// When a redirect URI counts as a registered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectMatch {
    Anything,
    /// Scheme, host and path alike; a query may be added to one without; an empty path is `/`; the port of a loopback
    /// address is free.
    Doorkeeper5,
    Exact,
    /// The same text, but for the port of a loopback address.
    ExactButPort,
    /// It stands somewhere in the registered text.
    Substring,
    /// The same text up to `?`.
    WithoutQuery,
}

/// Which scopes may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeRule {
    /// `read` holds `read:accounts`.
    Hierarchical,
    /// Those that the server knows, whatever was registered.
    Known,
    /// Those that were registered, word for word.
    Literal,
    /// Any; what was not registered is not granted. There must be some.
    Trimmed,
    /// Any.
    Unchecked,
}

/// The scopes that a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeSet {
    Mastodon42,
    Mastodon46,
    Mitra,
    Pixelfed,
}

/// What PKCE (RFC 7636) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pkce {
    Ignored,
    S256,
}

/// When nobody is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    /// While there is a token for the same scopes.
    EqualScopes,
    Never,
    /// While there is any token: its old code is sent again.
    OldCode,
}

/// How consent can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deny {
    /// There is no button.
    Absent,
    /// A link to the home page.
    LinkHome,
    Redirect,
    /// A redirect without the state.
    Stateless,
}

/// How a code is shown when there is nothing to redirect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oob {
    /// `{"code", "state"}`
    Json,
    /// A page of its own address, after a redirect.
    NativePage,
    Page,
    /// The bare code, with `&state=` behind it if there is one.
    Text,
}

/// How the state is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateText {
    /// Also when there was none.
    Always,
    Encoded,
    /// As it came, without encoding.
    Raw,
}

/// What a mistake in `/oauth/authorize` looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageErrors {
    /// A status and nothing else.
    Bare,
    Json,
    Page,
    /// A page in HTTP 200.
    PageOk,
    /// A page; what goes wrong after a person agreed is redirected, whatever the redirect URI is.
    PageThenRedirect,
}

/// `/oauth/token` and `/oauth/revoke`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) grants: &'static [GrantType],
    pub(super) client: ClientAuth,
    pub(super) redirect_uri: RedirectNeed,
    pub(super) replay: Replay,
    pub(super) reuse: Reuse,
    pub(super) token: TokenText,
    pub(super) created_at: CreatedAt,
    /// A person's token lives so many seconds.
    pub(super) expires_in: Option<u64>,
    /// An application's does.
    pub(super) app_expires_in: Option<u64>,
    pub(super) refresh: Refresh,
    pub(super) scope: ScopeAnswer,
    pub(super) extra: Extra,
    pub(super) revocation: Revocation,
}

/// What a token can be had for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrantType {
    AuthorizationCode,
    ClientCredentials,
    Password,
    RefreshToken,
}

/// How a client shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    /// HTTP Basic, else the parameters.
    BasicFirst,
    /// The parameters alone.
    BodyOnly,
    /// Either; both only if they are the same.
    Identical,
    /// The id in the parameters, the secret there or in HTTP Basic.
    IdInBody,
    /// Either but not both, and never in the query.
    OneMethod,
    /// The id alone; the secret is not looked at.
    Unchecked,
}

/// When `redirect_uri` must come to the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectNeed {
    ForCode,
    ForEverything,
    /// Never; it is not compared either.
    Nowhere,
}

/// What a used code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    /// It is refused, and its token ends.
    EndsToken,
    Refused,
}

/// Whether a person's token for an application is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reuse {
    /// The one for the same scopes comes again.
    EqualScopes,
    Fresh,
    /// The one that an old code already led to comes again.
    OldCode,
    /// A new one, and all before it end.
    Replaces,
    /// An application's token is the same for all; a person's is new.
    SharedAppToken,
}

/// What tokens look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenText {
    Hex,
    /// Three parts of base64url, a thousand letters long.
    Jwt,
    Random,
}

/// How `created_at` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CreatedAt {
    Iso,
    /// Milliseconds for a code, seconds for an application's token.
    MillisecondsForCode,
    Seconds,
}

/// What refresh tokens do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    Absent,
    /// The refresh token stays; the old access token ends.
    Keeps,
    /// Both are new, and both old ones end; a refresh token lives so many seconds.
    Rotates(u64),
}

/// What `scope` of the answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeAnswer {
    Application,
    Granted,
    Omitted,
}

/// Members beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    IdAndMe,
    Me,
    Nothing,
}

/// `/oauth/revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revocation {
    /// Needs the client; a wrong one is 403.
    Client,
    /// As [`Client`](Self::Client), with an empty body.
    ClientEmpty,
    /// Ends every token of the application.
    EveryToken,
    /// Needs the token in the parameters and as `Authorization: Bearer`.
    OwnBearer,
    /// Needs all three parameters.
    Strict,
    /// Ends the application too.
    TakesApp,
    /// Needs the token alone.
    TokenAlone,
}

/// Everything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api {
    /// Whether requests without `User-Agent` are refused.
    pub(super) needs_user_agent: bool,
    /// Whether forms are decoded before they are taken apart.
    pub(super) decodes_first: bool,
    pub(super) metadata: Metadata,
    pub(super) has_userinfo: bool,
    pub(super) app_check: AppCheck,
    pub(super) rate: RateHeaders,
}

/// `/.well-known/oauth-authorization-server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metadata {
    Absent,
    /// A web page in HTTP 200.
    FrontEnd,
    Served,
}

/// `/api/v1/apps/verify_credentials`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AppCheck {
    Absent,
    /// For any token that lives.
    AnyToken,
    /// For a token with `read`.
    NeedsRead,
}

/// Where `X-RateLimit-…` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RateHeaders {
    Absent,
    Api,
    Everywhere,
}
