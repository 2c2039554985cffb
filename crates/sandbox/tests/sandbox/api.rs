//! The methods of the API: shapes by kind of token and version, the error envelope, and what a token says about itself.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{running, token_in};

const USER: &str = r#"{"kind":"user","id":100002}"#;
const VK_ID: &str = r#"{"kind":"vk_id","id":100002}"#;
const COMMUNITY: &str = r#"{"kind":"community","id":200001}"#;
const SERVICE: &str = r#"{"kind":"service"}"#;

#[tokio::test]
async fn each_method_answers_by_kind_of_token() {
    let client = running().await;
    let boris = json!([{
        "id": 100002, "first_name": "Boris", "last_name": "Petrov", "can_access_closed": true, "is_closed": false
    }]);
    let trains = json!({"groups": [{
        "id": 200001, "name": "Night Trains", "screen_name": "club200001", "is_closed": 0, "type": "group"
    }], "profiles": []});
    let permissions = json!({"mask": 270340, "permissions": [
        {"name": "photos", "setting": 4}, {"name": "wall", "setting": 8192}, {"name": "manage", "setting": 262144}
    ]});
    for (method, kind, more, expected) in [
        ("users.get", USER, "", Ok(boris.clone())),
        ("users.get", VK_ID, "", Ok(boris.clone())),
        ("users.get", COMMUNITY, "", Ok(json!([]))),
        ("users.get", SERVICE, "", Ok(json!([]))),
        ("users.get", SERVICE, "user_ids=id100002,nobody", Ok(boris)),
        ("groups.getById", COMMUNITY, "", Ok(trains.clone())),
        ("groups.getById", USER, "group_id=200001", Ok(trains)),
        ("groups.getById", USER, "group_ids=-1", Err((100, "group_id should be greater than 0"))),
        ("groups.getById", SERVICE, "", Err((100, "group_ids is undefined"))),
        ("groups.getTokenPermissions", COMMUNITY, "", Ok(permissions)),
        ("groups.getTokenPermissions", USER, "", Err((27, "Group authorization failed"))),
        ("account.getAppPermissions", USER, "", Ok(json!(270352))),
        ("account.getAppPermissions", VK_ID, "", Err((1051, "unavailable with current profile type"))),
        ("account.getAppPermissions", r#"{"kind":"vk_id","scope":"groups"}"#, "", Ok(json!(262144))),
        ("account.getProfileInfo", COMMUNITY, "", Err((27, "method is unavailable with group auth."))),
        ("account.getInfo", SERVICE, "", Err((28, "method is unavailable with service token."))),
        ("secure.checkToken", USER, "token=x", Err((15, "Access denied: no access to call this method"))),
        ("secure.checkToken", SERVICE, "token=x", Err((15, "Access denied"))),
        ("users.Get", USER, "", Err((3, "Unknown method passed"))),
    ] {
        let token = client.token(kind).await;
        let answer = client.call(method, &token, more).await;
        match expected {
            Ok(expected) => assert_eq!(answer, json!({"response": expected}), "{method} {kind}"),
            Err((code, text)) => {
                assert_eq!(answer["error"]["error_code"], code, "{method} {kind}");
                assert!(answer["error"]["error_msg"].as_str().unwrap().ends_with(text), "{method} {kind}");
            }
        }
    }
}

#[tokio::test]
async fn the_rest_of_the_methods_answer() {
    let client = running().await;
    let user = client.token(USER).await;
    assert_eq!(client.call("account.getProfileInfo", &user, "").await["response"]["first_name"], "Boris");
    assert_eq!(client.call("account.getInfo", &user, "").await["response"]["country"], "RU");
    assert_eq!(client.call("apps.getScopes", &user, "type=group").await["response"]["count"], 8);
    assert!(client.call("utils.getServerTime", &user, "").await["response"].as_i64().unwrap() > 1_700_000_000);
    let service = client.token(SERVICE).await;
    let checked = client.call("secure.checkToken", &service, &format!("token={user}")).await;
    assert_eq!((&checked["response"]["success"], &checked["response"]["user_id"]), (&json!(1), &json!(100002)));
}

#[tokio::test]
async fn communities_have_another_shape_before_5_199() {
    let client = running().await;
    let token = client.token(COMMUNITY).await;
    let answer = client.call("groups.getById", &token, "v=5.131").await;
    assert_eq!(answer["response"][0]["id"], 200_001);
}

#[tokio::test]
async fn the_token_may_come_in_form_query_or_header() {
    let client = running().await;
    let token = client.token(USER).await;
    let header = client.request(Method::POST, "/method/users.get?v=5.199").bearer_auth(&token);
    let query = client.request(Method::GET, &format!("/method/users.get?v=5.199&access_token={token}"));
    for request in [header, query, client.calling("users.get", &token, "")] {
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["response"][0]["id"], 100_002);
    }
}

#[tokio::test]
async fn errors_repeat_the_request_without_the_token() {
    let client = running().await;
    let answer = client.calling("users.get", "vk1.a.canary", "fields=a%22b").send().await.unwrap();
    let expected = concat!(
        r#"{"error":{"error_code":5,"error_msg":"User authorization failed: invalid access_token (4).","request_params":["#,
        r#"{"key":"method","value":"users.get"},{"key":"oauth","value":"1"},{"key":"v","value":"5.199"},"#,
        r#"{"key":"fields","value":"a\"b"}]}}"#
    );
    assert_eq!(answer.text().await.unwrap(), expected);
    client.fault(r#"{"answer":"ancient"}"#).await;
    let answer = client.calling("users.get", "vk1.a.canary", "").send().await.unwrap().text().await.unwrap();
    assert!(answer.contains(r#"{"key":"access_token","value":"vk1.a.canary"},{"key":"method""#), "{answer}");
}

#[tokio::test]
async fn requests_that_are_wrong_are_told_so() {
    let client = running().await;
    for (method, path, code) in [
        (Method::GET, "/method/users.get", 100),
        (Method::GET, "/method/users.get?v=new", 100),
        (Method::GET, "/method/users.get?v=5.199", 5),
        (Method::GET, "/method/", 3),
        (Method::GET, "/method/users.get/", 3),
        (Method::PUT, "/method/users.get?v=5.199", 9999),
    ] {
        let answer = client.request(method, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer["error"]["error_code"], code, "{path}");
    }
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let client = running().await;
    let token = token_in(&client.authorize("auto=allow&person=100002").await);
    client.sandbox.stop().await;
    let client = running().await;
    assert_eq!(client.verdict(&token).await, "user 100002");
}

#[tokio::test]
async fn a_token_ends_by_the_clock() {
    let client = running().await;
    let expired = "5 User authorization failed: access_token has expired.";
    for (wanted, expected) in [
        (r#"{"kind":"user","issued_at":1768145400}"#, expired),
        (r#"{"kind":"user","issued_at":1768145400,"expires_in":0}"#, "user 100001"),
        (r#"{"kind":"vk_id","issued_at":1768145400}"#, expired),
        (r#"{"kind":"user","expires_in":3600}"#, "user 100001"),
        (
            r#"{"kind":"service","issued_at":1768145400,"expires_in":60}"#,
            "28 Application authorization failed: access_token has expired.",
        ),
    ] {
        let token = client.token(wanted).await;
        assert_eq!(client.verdict(&token).await, expected, "{wanted}");
    }
}

#[tokio::test]
async fn a_bound_token_works_from_its_address_alone() {
    let client = running().await;
    let other = "5/1130 User authorization failed: access_token was given to another ip address.";
    let token = token_in(&client.authorize("auto=allow&bind=on").await);
    let elsewhere = token_in(&client.authorize("auto=allow&address=203.0.113.7").await);
    for (token, address, expected) in [
        (&token, None, "user 100001"),
        (&token, Some("203.0.113.7"), other),
        (&token, Some("::ffff:127.0.0.1"), "user 100001"),
        (&elsewhere, None, other),
        (&elsewhere, Some("203.0.113.7"), "user 100001"),
    ] {
        let mut request = client.calling("users.get", token, "");
        if let Some(address) = address {
            request = request.header("x-sandbox-address", address);
        }
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(crate::client::verdict_of(&answer), expected);
    }
}

#[tokio::test]
async fn a_token_answers_as_it_was_made_to() {
    let client = running().await;
    for (answers, expected) in [
        ("error:5:revoked", "5 User authorization failed: user revoke access for this token."),
        ("error:8:blocked", "8 Invalid request: Application is blocked"),
        ("error:5/1130", "5/1130 User authorization failed: access_token was given to another ip address."),
        ("alive", "user 100001"),
    ] {
        let token = client.token(&format!(r#"{{"kind":"user","answers":"{answers}"}}"#)).await;
        assert_eq!(client.verdict(&token).await, expected);
        let later = client.token(&format!(r#"{{"kind":"user","answers":"{answers}","answers_after":3600}}"#)).await;
        assert_eq!(client.verdict(&later).await, "user 100001");
    }
}
