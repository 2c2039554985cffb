//! The envelope of every error that can be asked for.

use super::*;

#[test]
fn every_row_is_found_by_its_own_name() {
    for row in TABLE {
        let name = row.to_string();
        let name = name.strip_prefix("error:").unwrap();
        assert_eq!(Refusal::named(name), Some(row), "{name}");
    }
}

#[test]
fn names_pick_rows() {
    for (name, message) in [
        ("5", Some("User authorization failed: invalid access_token (4).")),
        ("5/1130", Some("User authorization failed: access_token was given to another ip address.")),
        ("5:ip", Some("User authorization failed: access_token was given to another ip address.")),
        ("5/1130:ip", Some("User authorization failed: access_token was given to another ip address.")),
        ("10:check_later", Some("Internal server error: could not check access_token now, check later.")),
        ("28", Some("Application authorization failed")),
        ("5/1133", None),
        ("5:nonsense", None),
        ("", None),
        ("70000", None),
        ("-1", None),
    ] {
        assert_eq!(Refusal::named(name).map(|row| row.message), message, "{name}");
    }
}

#[test]
fn every_envelope_is_json_in_vks_order() {
    for row in TABLE {
        let params = [("method", "users.get"), ("oauth", "1"), ("q", "\"\u{0}<é")];
        let text = row.envelope("http://127.0.0.1:8001", params.into_iter());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(value["error"]["error_code"], row.code);
        assert_eq!(value["error"]["error_msg"], row.message);
        assert_eq!(value["error"].get("error_subcode").and_then(serde_json::Value::as_u64), row.subcode.map(u64::from));
        assert_eq!(value["error"]["request_params"][2]["value"], "\"\u{0}<é");
        assert!(text.starts_with(r#"{"error":{"error_code":"#) && !text.contains("{base}"));
    }
}

#[test]
fn further_members_are_there() {
    for (name, members) in [
        ("14", &["captcha_sid", "captcha_img", "captcha_ts", "captcha_attempt", "captcha_ratio"][..]),
        ("14:redirect", &["redirect_uri", "remixstlid", "captcha_sid"]),
        ("17", &["redirect_uri"]),
        ("24", &["confirmation_text"]),
        ("3609", &["extend_hash"]),
    ] {
        let text = Refusal::named(name).unwrap().envelope("http://127.0.0.1:8001", std::iter::empty());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        for member in members {
            assert!(value["error"].get(member).is_some(), "{name} {member}");
        }
    }
}
