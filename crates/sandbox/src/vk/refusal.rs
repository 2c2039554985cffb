//! Owns every error that VK's API is known to answer with: code, subcode, exact text and further members.
//!
//! Names: `error:<code>` is the first row of a code; `error:<code>/<subcode>` and `error:<code>:<variant>` pick among rows.
//! Texts: <https://dev.vk.com/reference/errors> and what live answers were seen to say.

mod table;

use std::fmt;

use crate::reply::quoted;
pub(crate) use table::TABLE;

/// One way in which the API refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) subcode: Option<u16>,
    /// Our short name among the rows of one code; empty for the first.
    pub(crate) variant: &'static str,
    /// `error_msg`, exact.
    pub(crate) message: &'static str,
    /// Further members of the error object as JSON text; `{base}` stands for the sandbox's own URL, since an address of VK
    /// would lead a person out of the sandbox.
    members: &'static str,
}

impl Refusal {
    /// The row of that name, without the leading `error:`.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let (number, variant) = name.split_once(':').map_or((name, None), |(number, variant)| (number, Some(variant)));
        let (code, subcode) = number.split_once('/').map_or((number, None), |(code, sub)| (code, Some(sub)));
        let code: u16 = code.parse().ok()?;
        let subcode: Option<u16> = subcode.map(str::parse).transpose().ok()?;
        TABLE.iter().find(|row| {
            row.code == code
                && subcode.is_none_or(|subcode| row.subcode == Some(subcode))
                && variant.is_none_or(|variant| row.variant == variant)
        })
    }

    /// The error envelope; `params` become `request_params` in that order.
    pub(crate) fn envelope<'a>(&self, base: &str, params: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let code = self.code;
        let subcode = self.subcode.map_or_else(String::new, |subcode| format!(r#""error_subcode":{subcode},"#));
        let message = quoted(self.message);
        let params = params
            .map(|(key, value)| format!(r#"{{"key":{},"value":{}}}"#, quoted(key), quoted(value)))
            .collect::<Vec<_>>()
            .join(",");
        let comma = if self.members.is_empty() { "" } else { "," };
        let members = self.members.replace("{base}", base);
        format!(
            r#"{{"error":{{"error_code":{code},{subcode}"error_msg":{message},"request_params":[{params}]{comma}{members}}}}}"#
        )
    }
}

/// The name that finds this row again.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error:{}", self.code)?;
        match self.subcode {
            Some(subcode) => write!(f, "/{subcode}"),
            None if self.variant.is_empty() => Ok(()),
            None => write!(f, ":{}", self.variant),
        }
    }
}

#[cfg(test)]
mod tests;
