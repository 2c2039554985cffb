//! Owns how servers differ where codes become tokens, and where those end.

/// `/oauth/token` and `/oauth/revoke`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) grants: &'static [GrantType],
    pub(crate) client: ClientAuth,
    pub(crate) redirect_uri: RedirectNeed,
    pub(crate) replay: Replay,
    pub(crate) reuse: Reuse,
    pub(crate) token: TokenText,
    pub(crate) created_at: CreatedAt,
    /// A person's token lives so many seconds.
    pub(crate) expires_in: Option<u64>,
    /// An application's does.
    pub(crate) app_expires_in: Option<u64>,
    pub(crate) refresh: Refresh,
    pub(crate) scope: ScopeAnswer,
    pub(crate) extra: Extra,
    pub(crate) revocation: Revocation,
}

/// What a token can be had for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantType {
    AuthorizationCode,
    ClientCredentials,
    Password,
    RefreshToken,
}

/// How a client shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
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
pub(crate) enum RedirectNeed {
    ForCode,
    ForEverything,
    /// Never; it is not compared either.
    Nowhere,
}

/// What a used code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// It is refused, and its token ends.
    EndsToken,
    Refused,
}

/// Whether a person's token for an application is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
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
pub(crate) enum TokenText {
    Hex,
    /// Three parts of base64url, a thousand letters long.
    Jwt,
    Random,
}

/// How `created_at` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreatedAt {
    Iso,
    /// Milliseconds for a code, seconds for an application's token.
    MillisecondsForCode,
    Seconds,
}

/// What refresh tokens do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    Absent,
    /// The refresh token stays; the old access token ends.
    Keeps,
    /// Both are new, and both old ones end; a refresh token lives so many seconds.
    Rotates(u64),
}

/// What `scope` of the answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeAnswer {
    Application,
    Granted,
    Omitted,
}

/// Members beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    IdAndMe,
    Me,
    Nothing,
}

/// `/oauth/revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
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
