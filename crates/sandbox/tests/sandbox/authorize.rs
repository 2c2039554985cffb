//! The authorize page: fragments in VK's order, refusals, and what a person's form does.

use crate::client::{running, shape, token_in};

#[tokio::test]
async fn fragments_come_in_vks_order() {
    let client = running().await;
    let blank = client.url("/blank.html");
    for (asked, expected) in [
        ("auto=allow", "#access_token=vk1.a.…&expires_in=86400&user_id=100001"),
        ("auto=allow&person=100002", "#access_token=vk1.a.…&expires_in=86400&user_id=100002"),
        ("auto=allow&state=a+b%26c", "#access_token=vk1.a.…&expires_in=86400&user_id=100001&state=a%20b%26c"),
        ("auto=allow&scope=wall,offline", "#access_token=vk1.a.…&expires_in=0&user_id=100001"),
        ("auto=allow&scope=offline,email", "#access_token=vk1.a.…&expires_in=0&user_id=100001&email=anna@example.org"),
        (
            "auto=allow&scope=email&state=s",
            "#access_token=vk1.a.…&expires_in=86400&user_id=100001&state=s&email=anna@example.org",
        ),
        ("auto=allow&expires_in=43200", "#access_token=vk1.a.…&expires_in=43200&user_id=100001"),
        ("auto=allow&group_ids=200001", "#access_token_200001=vk1.a.…&expires_in=0"),
        (
            "auto=allow&group_ids=7,200002&state=s",
            "#access_token_7=vk1.a.…&access_token_200002=vk1.a.…&expires_in=0&state=s",
        ),
        ("auto=deny", "#error=access_denied&error_reason=user_denied&error_description=User%20denied%20your%20request"),
        (
            "auto=deny&state=s",
            "#error=access_denied&error_reason=user_denied&error_description=User%20denied%20your%20request&state=s",
        ),
    ] {
        assert_eq!(shape(&client.authorize(asked).await), format!("{blank}{expected}"), "{asked}");
    }
}

#[tokio::test]
async fn the_redirect_goes_where_it_was_asked_to_on_this_machine() {
    let client = running().await;
    let blank = client.url("/blank.html");
    for (redirect_uri, expected) in [
        ("https%3A%2F%2Foauth.vk.com%2Fblank.html", blank.as_str()),
        ("https%3A%2F%2Foauth.vk.ru%2Fblank.html", &blank),
        ("http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Fvk", "http://127.0.0.1:8000/callback/vk"),
        ("http%3A%2F%2Flocalhost%3A8000%2Fcallback%3Fa%3D1", "http://localhost:8000/callback?a=1"),
    ] {
        let place = client.authorize(&format!("auto=allow&redirect_uri={redirect_uri}")).await;
        assert_eq!(place.split_once('#').unwrap().0, expected);
    }
    let place = client.authorize("display=sideways&redirect_uri=http://127.0.0.1:1/x").await;
    assert_eq!(place, "http://127.0.0.1:1/x?error=invalid_request&error_description=Invalid+display+parameter");
}

#[tokio::test]
async fn what_vk_refuses_on_the_page_is_401_json() {
    let client = running().await;
    let redirect = "redirect_uri is incorrect, check application redirect uri in the settings page";
    for (asked, description) in [
        ("response_type=token", "Security Error"),
        ("client_id=abc&response_type=token", "Security Error"),
        ("client_id=0&response_type=token", "Security Error"),
        ("client_id=%2B5&response_type=token", "Security Error"),
        ("client_id=-5&response_type=token", "Security Error"),
        ("client_id=51000002&response_type=token", "Security Error"),
        ("client_id=51000003&response_type=token", "application is disabled"),
        ("client_id=51000004&response_type=token", "too much tries"),
        ("client_id=51000001&response_type=token&scope=wall,offline", "invalid scope"),
        ("client_id=1&response_type=token&scope=everything", "invalid scope"),
        ("client_id=1&response_type=token&scope=wall%20groups", "invalid scope"),
        ("client_id=1&response_type=token&group_ids=-5", "group_ids is incorrect"),
        ("client_id=1&response_type=fragment", "response_type is incorrect"),
        ("client_id=1", "response_type is incorrect"),
        ("client_id=1&response_type=token&redirect_uri=https://example.org/", redirect),
        ("client_id=1&response_type=token&redirect_uri=javascript:alert(1)", redirect),
        ("client_id=1&response_type=token&redirect_uri=//evil.example/", redirect),
    ] {
        let answer = client.get(&format!("/authorize?{asked}&auto=allow")).await;
        assert_eq!(answer.status(), 401, "{asked}");
        assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
        let expected = format!(r#"{{"error":"invalid_request","error_description":"{description}"}}"#);
        assert_eq!(answer.text().await.unwrap(), expected, "{asked}");
    }
}

#[tokio::test]
async fn mistakes_in_the_sandboxs_own_parameters_are_said() {
    let client = running().await;
    for asked in [
        "auto=maybe",
        "auto=allow&person=me",
        "auto=allow&expires_in=-1",
        "auto=allow&answers=x",
        "auto=allow&address=x",
    ] {
        let answer = client.get(&format!("/authorize?client_id=1&response_type=token&{asked}")).await;
        assert_eq!(answer.status(), 400, "{asked}");
    }
}

#[tokio::test]
async fn a_persons_form_answers_with_303_and_keeps_what_was_asked() {
    let client = running().await;
    let path = "/authorize?client_id=54249533&response_type=token&scope=wall&state=a%0Ab&person=100001";
    let page = client.get(path).await.text().await.unwrap();
    let action = path.replace('&', "&amp;");
    assert!(page.contains(&format!("<form method=\"post\" action=\"{action}\">")), "{page}");
    let answer = client
        .request(reqwest::Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", client.sandbox.vk_url())
        .header("sec-fetch-site", "same-origin")
        .body("person=100003&auto=allow&expires_in=&answers=error%3A10&answers_after=&address=")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let place = answer.headers()["location"].to_str().unwrap();
    let expected = client.url("/blank.html#access_token=vk1.a.…&expires_in=86400&user_id=100003&state=a%0Ab");
    assert_eq!(shape(place), expected);
    assert_eq!(client.verdict(&token_in(place)).await, "10 Internal server error");
}

#[tokio::test]
async fn a_validated_person_gets_a_new_token() {
    let client = running().await;
    let answer = client.get("/activation?auto=success&person=100002").await;
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(shape(&place), client.url("/blank.html#success=1&access_token=vk1.a.…&user_id=100002"));
    assert_eq!(client.verdict(&token_in(&place)).await, "user 100002");
    let answer = client.get("/activation?auto=fail").await;
    assert_eq!(answer.headers()["location"].to_str().unwrap(), client.url("/blank.html#fail=1"));
}
