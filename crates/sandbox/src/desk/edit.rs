//! Owns changes to a finished answer: members of a JSON object, parameters of a redirect, status and pace.

use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use serde_json::{Map, Value};

use crate::behaviour::Behaviour;
use crate::reply::{Payload, Reply};

/// The answer with these changes, in their order.
pub(super) fn edited(mut reply: Reply, edits: &[Behaviour]) -> Reply {
    if let Some(place) = reply.headers().get(LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned) {
        // What was a header value is one after its parameters were changed and encoded.
        if let Ok(mut place) = HeaderValue::from_str(&edited_place(&place, edits)) {
            place.set_sensitive(true);
            reply.headers_mut().insert(LOCATION, place);
        }
    } else if let Payload::Whole(Some(text)) = reply.body()
        && let Ok(object) = serde_json::from_slice::<Map<String, Value>>(text)
        && edits.iter().any(is_about_members)
    {
        let (text, is_form) = edited_object(object, edits);
        *reply.body_mut() = Payload::whole(text);
        if is_form {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            reply.headers_mut().insert(CONTENT_TYPE, form);
        }
    }
    for edit in edits {
        reply = match edit {
            Behaviour::Status(status) => with_status(reply, *status),
            Behaviour::Trickle => reply.map(Payload::trickling),
            _ => reply,
        };
    }
    reply
}

fn with_status(mut reply: Reply, status: u16) -> Reply {
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *reply.status_mut() = status;
    }
    reply
}

fn is_about_members(edit: &Behaviour) -> bool {
    matches!(edit, Behaviour::Drop(_) | Behaviour::Form | Behaviour::Set(..) | Behaviour::Twice(_))
}

fn edited_object(mut object: Map<String, Value>, edits: &[Behaviour]) -> (String, bool) {
    let mut twice = Vec::new();
    let mut is_form = false;
    for edit in edits {
        match edit {
            Behaviour::Drop(name) => drop(object.remove(name)),
            Behaviour::Form => is_form = true,
            Behaviour::Set(name, value) => drop(object.insert(name.clone(), value.clone())),
            Behaviour::Twice(name) => twice.push(name.as_str()),
            _ => {}
        }
    }
    let again = twice.iter().filter_map(|name| object.get_key_value(*name));
    let members: Vec<_> = object.iter().chain(again).collect();
    if is_form {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in members {
            form.append_pair(name, &plain(value));
        }
        return (form.finish(), true);
    }
    let written = members.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    (format!("{{{}}}", written.collect::<Vec<_>>().join(",")), false)
}

/// The parameters are those of the fragment if there is one, otherwise those of the query.
fn edited_place(place: &str, edits: &[Behaviour]) -> String {
    if !edits.iter().any(is_about_members) {
        return place.to_owned();
    }
    let mark = if place.contains('#') { '#' } else { '?' };
    let (start, parameters) = place.split_once(mark).unwrap_or((place, ""));
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(parameters.as_bytes()).into_owned().collect();
    for edit in edits {
        match edit {
            Behaviour::Drop(name) => pairs.retain(|(known, _)| known != name),
            Behaviour::Set(name, value) => match pairs.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => *old = plain(value),
                None => pairs.push((name.clone(), plain(value))),
            },
            Behaviour::Twice(name) => {
                let again = pairs.iter().find(|(known, _)| known == name).cloned();
                pairs.extend(again);
            }
            _ => {}
        }
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { start.to_owned() } else { format!("{start}{mark}{query}") }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Word as _;

    fn edits(words: &[&str]) -> Vec<Behaviour> {
        words.iter().map(|word| Behaviour::parse(word).unwrap()).collect()
    }

    #[test]
    fn members_are_set_dropped_and_repeated() {
        let object: Map<String, Value> = serde_json::from_str(r#"{"a":1,"b":"x y"}"#).unwrap();
        for (words, expected) in [
            (&["set:a=\"1\""][..], r#"{"a":"1","b":"x y"}"#),
            (&["drop:a", "set:c=-1"], r#"{"b":"x y","c":-1}"#),
            (&["twice:a"], r#"{"a":1,"b":"x y","a":1}"#),
            (&["form"], "a=1&b=x+y"),
            (&["drop:z", "twice:z"], r#"{"a":1,"b":"x y"}"#),
        ] {
            assert_eq!(edited_object(object.clone(), &edits(words)).0, expected);
        }
    }

    #[test]
    fn parameters_are_those_of_the_fragment_or_the_query() {
        for (place, words, expected) in [
            ("http://h/?code=1&state=s", &["set:state=t"][..], "http://h/?code=1&state=t"),
            ("http://h/?code=1&state=s", &["twice:state"], "http://h/?code=1&state=s&state=s"),
            ("http://h/?code=1&iss=i", &["drop:iss", "set:error=x y"], "http://h/?code=1&error=x+y"),
            ("http://h/?a=b#t=1&state=s", &["drop:state"], "http://h/?a=b#t=1"),
            ("http://h/?code=1", &["drop:code"], "http://h/"),
            ("http://h/?code=%20", &["status:302"], "http://h/?code=%20"),
        ] {
            assert_eq!(edited_place(place, &edits(words)), expected);
        }
    }
}
