//! Owns whom a token speaks for, as a server told: nothing of it is trusted further than that server.
//!
//! Names are cut and cleaned before they come in, so that what is shown stays one short line.

use grantkeep_core::{Account, Subject};
use serde::Deserialize;
use url::Url;

use crate::Server;
use crate::json::Word;

/// Longest id and longest username, in bytes.
const LONGEST: usize = 64;

/// Longest display name, in characters, and longest URL, in bytes.
const LONGEST_TITLE: usize = 100;
const LONGEST_URL: usize = 1024;

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody: it is an application's own token.
    Application,
    /// A person.
    Person(Person),
}

/// A person, or whoever else has an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account's id at its server: digits, a ULID, a UUID.
    pub id: Box<str>,
    /// The name before the `@`.
    pub username: Box<str>,
    /// The handle as the server writes it: the username, for its own people.
    pub acct: Option<Box<str>>,
    /// The profile's page: http or https.
    pub url: Option<Box<str>>,
    /// What the person likes to be called: at most 100 characters, none of them invisible or a control character.
    pub display_name: Option<Box<str>>,
}

/// `CredentialAccount`, as far as we need it (docs.joinmastodon.org/entities/Account).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CredentialAccount {
    id: Word,
    username: Word,
    acct: Word,
    url: Word,
    display_name: Word,
}

impl CredentialAccount {
    /// The person; none if there is no usable id or username.
    pub(crate) fn person(&self) -> Option<Person> {
        let is_id = |id: &&str| {
            id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let username = self.username.text().filter(|name| is_username(name))?;
        Some(Person {
            id: self.id.text().filter(is_id)?.into(),
            username: username.into(),
            acct: self.acct.text().filter(|acct| acct.split('@').all(is_handle_part)).map(Into::into),
            url: self.url.text().and_then(page),
            display_name: self.display_name.text().and_then(title),
        })
    }
}

impl Identity {
    /// Whom the credential is for. Two servers' persons are never the same.
    pub fn subject(&self, server: &Server) -> Subject {
        match self {
            Self::Application => Subject::Application,
            Self::Person(person) => Subject::Person(format!("{}@{}", person.id, server.name()).into()),
        }
    }
}

/// The account's name where none is given: `<username>@<host>`; `app@<host>` for an application's own token, and
/// `unverified@<host>` while the server has not told.
pub fn default_account(identity: Option<&Identity>, server: &Server) -> Account {
    let name = match identity {
        Some(Identity::Application) => "app",
        Some(Identity::Person(person)) => &person.username,
        None => "unverified",
    };
    let whole = format!("{name}@{}", server.name());
    let cut = |length| Account::new(&whole.chars().take(length).collect::<String>()).ok();
    // Normalisation makes up to three characters of one.
    cut(Account::LONGEST)
        .or_else(|| cut(Account::LONGEST / 3))
        .expect("a short text of letters, digits and punctuation")
}

/// Letters and digits of any alphabet, `_`, `.` and `-`.
fn is_username(name: &str) -> bool {
    name.len() <= LONGEST && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// A username, or a host behind it.
fn is_handle_part(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 4 * LONGEST
        && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':'))
}

/// A page's address.
fn page(text: &str) -> Option<Box<str>> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_URL)?;
    matches!(url.scheme(), "http" | "https").then(|| url.as_str().into())
}

/// A display name in one short line.
fn title(text: &str) -> Option<Box<str>> {
    let shown: String =
        text.chars().filter(|c| !crate::instance::is_hidden(*c) || *c == ' ').take(LONGEST_TITLE).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.into())
}
