//! Owns the parameters of a request as these servers take them: from the query, and from a body that is a form, multipart
//! or JSON.
//!
//! A value in the body wins over one in the query. An empty value counts as left out, as it does with Rails.

use std::fmt;

use http::header::CONTENT_TYPE;
use serde_json::Value as Json;

use crate::ask::Ask;

/// The parameters of one request.
#[derive(Default)]
pub(super) struct Params(Vec<Pair>);

struct Pair {
    name: String,
    value: Value,
    is_in_query: bool,
}

/// What a parameter may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    List(Vec<String>),
    Text(String),
}

/// Never the values: they may be secrets.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Params").field(&self.0.len()).finish()
    }
}

impl Params {
    /// The parameters; none when the body is JSON and no object. `decodes_first`: a form is decoded and then taken apart, so
    /// that an encoded `&`, `=` or `+` in a value breaks it.
    pub(super) fn read(ask: &Ask, decodes_first: bool) -> Option<Self> {
        let mut params = Self::default();
        for (name, value) in ask.query() {
            params.add(name, value, true);
        }
        let kind = ask.header(CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("application/json") {
            params.add_json(&ask.body)?;
        } else if kind.starts_with("multipart/form-data") {
            for (name, value) in multipart(ask.header(CONTENT_TYPE.as_str())?, &ask.body) {
                params.add(name, value, false);
            }
        } else if decodes_first {
            for (name, value) in decoded_first(&ask.body) {
                params.add(name, value, false);
            }
        } else {
            for (name, value) in form_urlencoded::parse(&ask.body).into_owned() {
                params.add(name, value, false);
            }
        }
        Some(params)
    }

    /// The parameters of one of the sandbox's own switches: JSON if the body looks like it, whatever it calls itself.
    pub(super) fn of_switch(ask: &Ask) -> Option<Self> {
        if !ask.is_json() {
            return Self::read(ask, false);
        }
        let mut params = Self::default();
        params.add_json(&ask.body)?;
        Some(params)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.find(name, true)
    }

    /// A text that is not empty and did not come in the query.
    pub(super) fn body_text(&self, name: &str) -> Option<&str> {
        self.find(name, false)
    }

    fn find(&self, name: &str, with_query: bool) -> Option<&str> {
        let pair = self.0.iter().rev().find(|pair| pair.name == name && (with_query || !pair.is_in_query))?;
        match &pair.value {
            Value::Text(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
            Value::List(_) => None,
        }
    }

    /// Whatever it is, empty or not.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|pair| pair.name == name).map(|pair| &pair.value)
    }

    /// The names of the parameters in the body.
    pub(super) fn body_names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|pair| !pair.is_in_query).map(|pair| pair.name.as_str())
    }

    /// `name[]` adds to a list.
    fn add(&mut self, name: String, value: String, is_in_query: bool) {
        let Some(list) = name.strip_suffix("[]") else {
            self.0.push(Pair { name, value: Value::Text(value), is_in_query });
            return;
        };
        let known = self.0.iter_mut().find(|pair| pair.name == list && pair.is_in_query == is_in_query);
        match known.map(|pair| &mut pair.value) {
            Some(Value::List(values)) => values.push(value),
            _ => self.0.push(Pair { name: list.to_owned(), value: Value::List(vec![value]), is_in_query }),
        }
    }

    fn add_json(&mut self, body: &[u8]) -> Option<()> {
        if body.is_empty() {
            return Some(());
        }
        let Ok(Json::Object(members)) = serde_json::from_slice(body) else { return None };
        for (name, value) in members {
            let value = match value {
                Json::Array(values) => Value::List(values.into_iter().filter_map(scalar).collect()),
                other => match scalar(other) {
                    Some(text) => Value::Text(text),
                    None => continue,
                },
            };
            self.0.push(Pair { name, value, is_in_query: false });
        }
        Some(())
    }
}

fn scalar(value: Json) -> Option<String> {
    match value {
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(value) => Some(value.to_string()),
        Json::String(value) => Some(value),
        Json::Array(_) | Json::Null | Json::Object(_) => None,
    }
}

/// `%26` becomes `&` before the pairs are told apart, and `+` a blank after that.
fn decoded_first(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body).replace('+', "%20").replace('&', "%26").replace('=', "%3D");
    // The parser sees one name without a value; what it decodes is the whole body.
    let decoded: String = form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    let pairs = decoded.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.replace('+', " "), value.replace('+', " "))
        })
        .collect()
}

/// RFC 7578, as far as text fields go.
fn multipart(content_type: &str, body: &[u8]) -> Vec<(String, String)> {
    let Some(boundary) = attribute(content_type, "boundary") else { return Vec::new() };
    let body = String::from_utf8_lossy(body);
    let boundary = format!("--{boundary}");
    body.split(&boundary)
        .skip(1)
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let disposition =
                head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
            let name = attribute(disposition, "name")?;
            Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
        })
        .collect()
}

/// `; name="value"` of a header.
fn attribute<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut attributes = header.split(';').filter_map(|part| part.trim().split_once('='));
    let value = attributes.find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
    Some(value.trim_matches('"'))
}

#[cfg(test)]
mod tests;
