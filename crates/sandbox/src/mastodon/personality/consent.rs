//! Owns how servers differ where people agree.

/// `/oauth/authorize`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    pub(crate) sign_in: SignIn,
    pub(crate) redirect_match: RedirectMatch,
    pub(crate) scopes: ScopeRule,
    pub(crate) known_scopes: ScopeSet,
    pub(crate) pkce: Pkce,
    pub(crate) approval: Approval,
    pub(crate) deny: Deny,
    pub(crate) oob: Oob,
    pub(crate) state: StateText,
    pub(crate) errors: PageErrors,
    /// A code lives so many seconds.
    pub(crate) code_for: u64,
    /// Whether answers carry `iss` (RFC 9207).
    pub(crate) has_iss: bool,
}

/// When a person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Before anything is looked at.
    Before,
    /// On the page that asks for consent.
    Within,
}

/// When a redirect URI counts as a registered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectMatch {
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
pub(crate) enum ScopeRule {
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
pub(crate) enum ScopeSet {
    Mastodon42,
    Mastodon46,
    Mitra,
    Pixelfed,
}

/// What PKCE (RFC 7636) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pkce {
    Ignored,
    S256,
}

/// When nobody is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// While there is a token for the same scopes.
    EqualScopes,
    Never,
    /// While there is any token: its old code is sent again.
    OldCode,
}

/// How consent can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deny {
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
pub(crate) enum Oob {
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
pub(crate) enum StateText {
    /// Also when there was none.
    Always,
    Encoded,
    /// As it came, without encoding.
    Raw,
}

/// What a mistake in `/oauth/authorize` looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageErrors {
    /// A status and nothing else.
    Bare,
    Json,
    Page,
    /// A page in HTTP 200.
    PageOk,
    /// A page; what goes wrong after a person agreed is redirected, whatever the redirect URI is.
    PageThenRedirect,
}
