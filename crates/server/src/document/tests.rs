//! Holds the OpenAPI document and the page for people against the code: what it answers, what it can refuse, and the page's style.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use grantkeep_core::{State, TokenKind, event::Action, forecast::Why, redirect};
use http_body_util::BodyExt;
use serde_json::Value;

use super::*;
use crate::{auth::Permissions, body, fault::Fault, route::DOCUMENTED};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// The names that a schema allows.
fn names(document: &Value, schema: &str) -> BTreeSet<String> {
    let schema = document.pointer(&format!("/components/schemas/{schema}")).unwrap();
    let choices = schema["oneOf"].as_array().into_iter().flatten().map(|choice| &choice["const"]);
    let listed = schema["enum"].as_array().into_iter().flatten();
    choices.chain(listed).map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Every `error_type` that the sources can produce: the words in `fn error_type`, the states in which nothing is handed out, and
/// those in which a renewal has not come to its end.
fn producible() -> BTreeSet<String> {
    let sources = [include_str!("../fault.rs"), include_str!("../fault/login.rs"), include_str!("../body.rs")];
    let words = sources.into_iter().flat_map(|source| {
        let (_, function) = source.split_once("fn error_type(").unwrap();
        let (function, _) = function.split_once("\n    }\n").unwrap();
        function.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    });
    let told = |state: State| state.needs_person() || matches!(state, State::Ambiguous | State::Refreshing);
    let states = State::ALL.into_iter().filter(|(state, _)| told(*state)).map(|(_, name)| name.to_owned());
    words.chain(states).collect()
}

#[test]
fn every_reason_that_can_be_given_is_documented_and_no_other() {
    let (producible, document) = (producible(), document());
    assert!(producible.len() > 30 && producible.contains("too_many_failures") && producible.contains("body_too_large"));
    assert_eq!(names(&document, "ErrorType"), producible);
    for name in &producible {
        assert!(PAGE.contains(&format!("<td><code>{name}</code></td>")), "/docs does not explain {name}");
    }
    // Which operation gives which: every response that is an error lists its reasons.
    let (mut listed, mut open) = (BTreeSet::new(), vec![&document]);
    while let Some(value) = open.pop() {
        listed.extend(
            value["x-error-types"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()),
        );
        open.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
    }
    // What belongs to no documented operation.
    listed.extend(["key_not_found", "method_not_allowed", "not_found"].map(str::to_owned));
    assert_eq!(listed, producible);
}

#[test]
fn names_that_the_code_uses_are_those_of_the_document() {
    let document = document();
    assert_eq!(names(&document, "State"), State::ALL.iter().map(|(_, name)| (*name).to_owned()).collect());
    assert_eq!(names(&document, "Why"), Why::ALL.iter().map(|(_, name)| (*name).to_owned()).collect());
    let actions = &document["components"]["schemas"]["Deed"]["properties"]["action"]["enum"];
    assert_eq!(*actions, Value::from(Action::ALL.map(|(_, name)| name).as_slice()));
    for (_, name) in Why::ALL {
        assert!(PAGE.contains(&format!("{name}: ")), "/docs does not explain {name}");
    }
    let kinds = &document["components"]["schemas"]["Credential"]["properties"]["kind"]["enum"];
    assert_eq!(*kinds, Value::from(TokenKind::ALL.map(|(_, name)| name).as_slice()));
    let parameter = |name: &str| document["components"]["parameters"][name]["schema"].clone();
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(parameter("AccountName")["maxLength"], grantkeep_core::Account::LONGEST);
    let submission = &document["components"]["schemas"]["Submission"]["properties"];
    assert_eq!(submission["token_data"]["maxLength"], redirect::LONGEST);
    assert_eq!(body::LARGEST, 64 * 1024, "the document says 64 KiB in words");
}

#[test]
fn every_reference_points_to_something() {
    let document = document();
    for reference in OPENAPI.split("\"$ref\":").skip(1).map(|rest| rest.trim_start()[1..].split('"').next().unwrap()) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn examples_of_errors_are_what_is_answered() {
    let document = document();
    for (name, fault) in [
        ("access_denied", Fault::Declined),
        ("account_ambiguous", Fault::AccountAmbiguous),
        ("api_error", Fault::ApiError),
        ("cannot_renew", Fault::CannotRenew),
        ("expired", Fault::Unusable(State::Expired)),
        ("invalid_parameter", Fault::BadParameter("limit")),
        ("ip_mismatch", Fault::IpMismatch),
        ("owner_changed", Fault::OwnerChanged),
        ("provider_unavailable", Fault::ProviderUnavailable),
        ("renewal_refused", Fault::RenewalRefused("invalid_grant".into())),
        ("renewal_unanswered", Fault::RenewalUnanswered),
        ("token_expired", Fault::Expired),
        ("unauthorized", Fault::NotSignedIn),
        ("wait_over", Fault::WaitOver),
    ] {
        let answer = reply::fault(&fault).into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            serde_json::from_slice::<Value>(&answer).unwrap(),
            document["components"]["examples"][name]["value"],
            "{name}"
        );
    }
    for limited in [Fault::TooManyAuthorizations, Fault::TooManyFailures] {
        assert_eq!(reply::fault(&limited).headers()[header::RETRY_AFTER], "60");
    }
    let missing = reply::fault(&Fault::ForbiddenScope(Permissions::TOKEN));
    assert_eq!(missing.headers()[header::WWW_AUTHENTICATE], r#"Bearer error="insufficient_scope", scope="token""#);
}

#[test]
fn the_page_names_every_path_with_its_methods() {
    let text = PAGE.replace("</span> <code>", " ");
    for (path, methods) in DOCUMENTED {
        let Some(alias) = path.strip_prefix("/api/v1/vk/") else {
            for method in methods {
                assert!(text.contains(&format!("{method} {path}</code></h3>")), "{method} {path}");
            }
            continue;
        };
        assert!(text.contains(&format!("Also <code>/api/v1/vk/{alias}</code>")), "{path}");
    }
}

#[test]
fn the_page_loads_and_runs_nothing() {
    for forbidden in
        ["<script", "<link", "<img", "<iframe", "<form", "@import", "url(", "style=\"", "javascript:", "http-equiv"]
    {
        assert!(!PAGE.contains(forbidden), "{forbidden}");
    }
    assert!(!PAGE.split(['<', '>', ' ']).any(|word| word.starts_with("on") && word.contains("=\"")), "no handlers");
    // Addresses in examples are text; links stay on this server.
    for link in PAGE.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let target = link.strip_prefix('#').map(|id| format!("id=\"{id}\""));
        assert!(link == "/openapi.json" || target.is_some_and(|target| PAGE.contains(&target)), "{link}");
    }
}

#[test]
fn the_policy_allows_the_pages_own_style_and_nothing_else() {
    let (style, rest) = PAGE.split_once("<style>").unwrap().1.split_once("</style>").unwrap();
    assert!(!rest.contains("<style"), "one style only");
    let hash = format!("sha256-{}", STANDARD.encode(digest(&SHA256, style.as_bytes())));
    assert_eq!(include_str!("style.sha256"), hash, "write this into style.sha256, without a line break");

    let response = page(false);
    let policy =
        format!("default-src 'none'; style-src '{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    for (name, expected) in [
        ("content-security-policy", policy.as_str()),
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(response.headers()[name], expected);
    }
}

#[test]
fn nothing_in_it_looks_like_a_secret() {
    for text in [OPENAPI, PAGE] {
        assert!(!text.contains("eyJ"), "a JWT");
        for token in text.split("vk1.").skip(1).chain(text.split("vk2.").skip(1)) {
            assert!(token.starts_with("a.ABC123..."), "{token:.20}");
        }
    }
}
