//! Owns how servers differ in everything else.

/// Everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    /// Whether requests without `User-Agent` are refused.
    pub(crate) needs_user_agent: bool,
    /// Whether forms are decoded before they are taken apart.
    pub(crate) decodes_first: bool,
    pub(crate) metadata: Metadata,
    pub(crate) has_userinfo: bool,
    pub(crate) app_check: AppCheck,
    pub(crate) rate: RateHeaders,
}

/// `/.well-known/oauth-authorization-server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metadata {
    Absent,
    /// A web page in HTTP 200.
    FrontEnd,
    Served,
}

/// `/api/v1/apps/verify_credentials`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppCheck {
    Absent,
    /// For any token that lives.
    AnyToken,
    /// For a token with `read`.
    NeedsRead,
}

/// Where `X-RateLimit-…` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateHeaders {
    Absent,
    Api,
    Everywhere,
}
