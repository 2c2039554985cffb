//! Owns how servers differ where applications are registered.

/// `POST /api/v1/apps`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration {
    pub(crate) redirect_uris: RedirectUris,
    pub(crate) split: Split,
    pub(crate) scopes: RegisteredScopes,
    pub(crate) fields: Fields,
    pub(crate) shape: AppShape,
    pub(crate) ids: Ids,
    /// Whether addresses are limited to 5 applications in 10 minutes.
    pub(crate) is_limited: bool,
    /// Whether a bearer token that comes along must be a good one.
    pub(crate) checks_bearer: bool,
}

/// In which JSON or form types `redirect_uris` may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectUris {
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
pub(crate) enum Split {
    Lines,
    /// Not at all: the text is one redirect URI.
    Never,
    Spaces,
}

/// What becomes of the scopes of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegisteredScopes {
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
pub(crate) enum Fields {
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
pub(crate) enum AppShape {
    /// Neither `scopes` nor `redirect_uris`.
    Bare,
    /// As Mastodon has it since 4.3.2.
    Full,
    /// As [`Full`](Self::Full), without `client_secret_expires_at`.
    Timeless,
}

/// What identifiers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// 32 hexadecimal digits.
    Hex,
    /// 43 letters of base64url.
    Random,
    /// ULIDs; the secret is a UUID.
    Ulid,
    /// UUIDs.
    Uuid,
}
