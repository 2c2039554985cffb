//! Owns whom a token speaks for, as a server told: nothing of it is trusted further than that server.
//!
//! A name that is no short word does not come in, so that what is shown stays one short line.

use grantkeep_core::{Account, Subject};
use serde::Deserialize;

use crate::Server;
use crate::json::Word;

/// Longest id and longest username, in bytes.
const LONGEST: usize = 64;

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
}

/// `CredentialAccount`, as far as we need it (docs.joinmastodon.org/entities/Account).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CredentialAccount {
    id: Word,
    username: Word,
}

impl CredentialAccount {
    /// The person; none if there is no usable id or username.
    pub(crate) fn person(&self) -> Option<Person> {
        let is_id = |id: &&str| {
            id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let username = self.username.text().filter(|name| is_username(name))?;
        Some(Person { id: self.id.text().filter(is_id)?.into(), username: username.into() })
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
