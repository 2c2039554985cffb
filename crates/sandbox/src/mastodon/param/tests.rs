//! Bodies of every kind, read.

use std::net::{IpAddr, Ipv4Addr};

use http::Request;

use super::*;

fn read(content_type: &str, query: &str, body: &str, decodes_first: bool) -> Option<Params> {
    let request = Request::post(format!("/x?{query}")).header("content-type", content_type).body(()).unwrap();
    let (parts, ()) = request.into_parts();
    let ask = Ask::new(parts, body.as_bytes().to_vec(), IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap();
    Params::read(&ask, decodes_first)
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn a_text_is_found_wherever_it_is() {
    let multipart = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 =&+2\r\n--XX--\r\n";
    for (kind, query, body, expected) in [
        (FORM, "", "a=1", Some("1")),
        (FORM, "a=q", "", Some("q")),
        (FORM, "a=q", "a=b", Some("b")),
        (FORM, "", "a=b%20c%26d+e", Some("b c&d e")),
        (FORM, "", "a=", None),
        (FORM, "", "a[]=1&a[]=2", None),
        ("application/json; charset=utf-8", "", r#"{"a":"x"}"#, Some("x")),
        ("application/json", "", r#"{"a":true}"#, Some("true")),
        ("application/json", "", r#"{"a":null}"#, None),
        ("application/json", "", r#"{"a":["x"]}"#, None),
        ("application/json", "a=q", "", Some("q")),
        ("multipart/form-data; boundary=XX", "", multipart, Some("1 =&+2")),
        ("multipart/form-data", "", multipart, None),
    ] {
        assert_eq!(read(kind, query, body, false).unwrap().text("a"), expected, "{kind} {query} {body}");
    }
}

#[test]
fn lists_come_from_forms_and_json() {
    for (kind, body) in [(FORM, "a[]=1&a[]=2"), ("application/json", r#"{"a":["1",2]}"#)] {
        let expected = Value::List(vec!["1".to_owned(), "2".to_owned()]);
        assert_eq!(read(kind, "", body, false).unwrap().value("a"), Some(&expected));
    }
}

#[test]
fn json_that_is_no_object_is_not_read() {
    for body in ["[]", "{", "1"] {
        assert!(read("application/json", "", body, false).is_none(), "{body}");
    }
}

#[test]
fn a_form_that_is_decoded_first_breaks_at_encoded_signs() {
    for (body, expected) in [
        ("a=b%20c+d", Some("b c d")),
        ("a=b%26c", Some("b")),
        ("a=b%2Bc", Some("b c")),
        ("a=http%3A%2F%2F127.0.0.1%2Fx", Some("http://127.0.0.1/x")),
        ("a=b%26a%3Dc", Some("c")),
    ] {
        assert_eq!(read(FORM, "", body, true).unwrap().text("a"), expected, "{body}");
    }
}

#[test]
fn what_came_in_the_query_is_known_as_such() {
    let params = read(FORM, "a=q&b=q", "b=b", false).unwrap();
    assert_eq!((params.text("a"), params.body_text("a")), (Some("q"), None));
    assert_eq!((params.body_text("b"), params.body_names().collect::<Vec<_>>()), (Some("b"), vec!["b"]));
}
