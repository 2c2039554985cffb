//! Owns where a secret of the configuration is: in a variable, in a file, or in the configuration itself, which is warned about.
//!
//! A fault names the key and never tells a value. The secret is read when it is needed: commands that go through a server need none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use grantkeep_core::Secret;

use super::value::{variable, without_newline};
use crate::{fault::CliFault, text};

/// Where a secret is.
#[derive(Debug)]
pub(super) enum Source {
    /// In the configuration itself.
    Configuration(Secret),
    File(PathBuf),
    None,
    Variable(String),
}

/// What the keys of one secret say: `key`, `key_env` and `key_file`.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) bare: Option<Secret>,
    pub(super) env: Option<String>,
    pub(super) file: Option<String>,
}

impl Source {
    /// The one place that is named; two are one too many. Relative paths are meant from `folder`.
    pub(super) fn find(table: &str, key: &str, keys: Keys, folder: &Path) -> Result<Self, CliFault> {
        let named = [
            (key.to_owned(), keys.bare.as_ref().map(Secret::is_empty)),
            (format!("{key}_env"), keys.env.as_ref().map(String::is_empty)),
            (format!("{key}_file"), keys.file.as_ref().map(String::is_empty)),
        ];
        if let Some((key, _)) = named.iter().find(|(_, empty)| *empty == Some(true)) {
            return Err(text::empty_secret_key(table, key));
        }
        let mut set = named.iter().filter(|(_, empty)| empty.is_some());
        if let (Some((one, _)), Some((other, _))) = (set.next(), set.next()) {
            return Err(text::two_secrets(table, one, other));
        }
        Ok(match keys {
            Keys { bare: Some(secret), .. } => Self::Configuration(secret),
            Keys { env: Some(variable), .. } => Self::Variable(variable),
            Keys { file: Some(path), .. } => Self::File(folder.join(path)),
            Keys { .. } => Self::None,
        })
    }

    /// The secret, as it is now.
    pub(super) fn read(&self, table: &str, key: &str) -> Result<Option<Secret>, CliFault> {
        match self {
            Self::Configuration(secret) => {
                tracing::warn!(table, key, "{}", text::SECRET_IN_CONFIGURATION);
                Ok(Some(Secret::from(secret.expose())))
            }
            Self::File(path) => {
                let read = fs::read_to_string(path).map_err(|error| text::secret_file(table, key, error.kind()))?;
                let text = Some(without_newline(read)).filter(|text| !text.is_empty());
                text.map(|text| Some(Secret::from(text))).ok_or_else(|| text::no_secret_in_file(table, key))
            }
            Self::None => Ok(None),
            Self::Variable(name) => {
                let text = variable(name)?;
                text.map(|text| Some(Secret::from(text))).ok_or_else(|| text::no_secret(table, key))
            }
        }
    }
}
