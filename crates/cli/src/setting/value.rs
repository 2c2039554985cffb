//! Owns reading one setting: its variable, the file that the variable's twin names, and what kind of text it must be.

use std::{env, fs};

use grantkeep_outbound::check_base_url;
use url::Url;

use crate::{fault::CliFault, text};

/// The value of a variable, or of the file that its `_FILE` twin names. Empty is unset.
pub(super) fn value(name: &'static str) -> Result<Option<String>, CliFault> {
    let plain = variable(name)?;
    let twin = format!("{name}_FILE");
    match (plain, variable(&twin)?) {
        (Some(_), Some(_)) => Err(text::variable_twice(name)),
        (None, Some(path)) => {
            let read = fs::read_to_string(&path).map_err(|error| text::variable_file(&twin, error.kind()))?;
            Ok(Some(without_newline(read)).filter(|text| !text.is_empty()))
        }
        (plain, None) => Ok(plain),
    }
}

/// The value of a variable. Empty is unset.
pub(super) fn variable(name: &str) -> Result<Option<String>, CliFault> {
    let Some(text) = env::var_os(name) else { return Ok(None) };
    let text = text.into_string().map_err(|_| text::variable_not_text(name))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// What stands in a file, without the newline that editors put at its end.
pub(super) fn without_newline(mut text: String) -> String {
    let end = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(end.unwrap_or(text.len()));
    text
}

/// Flag, variable, file: the first that says something.
pub(super) fn first(
    flag: Option<String>,
    name: &'static str,
    file: Option<String>,
) -> Result<Option<String>, CliFault> {
    match flag {
        Some(flag) => Ok(Some(flag)),
        None => Ok(value(name)?.or(file)),
    }
}

/// Words of a scope, with spaces or, as VK has them, commas between. RFC 6749 §3.3 has no other letters in them.
pub(super) fn scope(name: &str, text: String) -> Result<String, CliFault> {
    let allowed = |byte: u8| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.bytes().all(allowed) { Ok(text) } else { Err(text::bad_scope(name)) }
}

/// A web address.
pub(super) fn url(name: &str, text: &str) -> Result<Url, CliFault> {
    let url = Url::parse(text).map_err(|_| text::not_a_url(name))?;
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if web { Ok(url) } else { Err(text::not_a_url(name)) }
}

/// Where requests with tokens go: over TLS, or to this machine.
pub(super) fn base_url(name: &str, text: &str) -> Result<Url, CliFault> {
    let url = url(name, text)?;
    check_base_url(&url).map_err(|fault| text::bad_base_url(name, fault))?;
    Ok(url)
}
