//! Owns JSON as text: shapes are compared letter by letter, because the order of fields is part of them.

/// `json` without the white space between its tokens.
pub fn compact(json: &str) -> String {
    let (mut text, mut quoted, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        if quoted || !character.is_whitespace() {
            text.push(character);
        }
    }
    text
}

/// Whether `actual` is the object `expected`, or begins with its members and goes on with more.
pub fn begins_with(actual: &str, expected: &str) -> bool {
    let (actual, expected) = (compact(actual), compact(expected));
    let Some(members) = expected.strip_suffix('}') else { return false };
    actual.strip_prefix(members).is_some_and(|rest| rest.starts_with(',') || rest == "}")
}

/// The names of the members of an object, in their order.
pub fn names(object: &str) -> Vec<String> {
    let object = compact(object);
    let (mut names, mut depth, mut rest) = (Vec::new(), 0, object.as_str());
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' => {
                length = string_length(rest);
                if depth == 1 && rest[length..].starts_with(':') {
                    names.push(rest[1..length - 1].to_owned());
                }
            }
            _ => {}
        }
        rest = &rest[length..];
    }
    names
}

/// The length of the string that `text` begins with, quotes and all.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_names_matter_and_white_space_does_not() {
        let expected = "{ \"a b\": 1,\n \"c\": \"x \\\" y\" }";
        assert_eq!(compact(expected), r#"{"a b":1,"c":"x \" y"}"#);
        assert!(begins_with(r#"{"a b":1,"c":"x \" y"}"#, expected));
        assert!(begins_with(r#"{"a b":1,"c":"x \" y","d":null}"#, expected));
        for other in
            [r#"{"c":"x \" y","a b":1}"#, r#"{"a b":1}"#, r#"{"a b":1,"c":"x \" y"}x"#, r#"{"a b":10,"c":"x \" y"}"#]
        {
            assert!(!begins_with(other, expected), "{other}");
        }
    }

    #[test]
    fn names_are_those_of_the_outermost_object() {
        assert_eq!(names(r#"{"a":{"b":1,"c":["d"]},"e\"":"f:","g":null}"#), ["a", "e\\\"", "g"]);
    }
}
