//! The pages: marked, within their policy, and safe from whatever is put into them.

use crate::client::running;

const AUTHORIZE: &str = "/authorize?client_id=54249533&response_type=token";

#[tokio::test]
async fn every_page_says_that_it_is_a_sandbox_and_runs_nothing() {
    let client = running().await;
    for (path, status) in [
        ("/", 200),
        (AUTHORIZE, 200),
        ("/blank.html", 200),
        ("/activation", 200),
        ("/captcha.php?sid=1", 200),
        ("/not_robot_captcha", 200),
        ("/nothing", 404),
        ("/a%2Fb", 404),
    ] {
        let page = client.get(path).await;
        assert_eq!(page.status(), status, "{path}");
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers()["x-frame-options"], "DENY");
        assert_eq!(page.headers()["cache-control"], "no-store");
        let text = page.text().await.unwrap();
        assert!(text.contains("<strong>Sandbox.</strong> This is not VK"), "{path}");
        assert!(!text.contains("<script") && !text.contains(" style=") && !text.contains(" onclick"), "{path}");
        assert_eq!(text.matches("https://").count(), 0, "{path} links nowhere");
    }
}

#[tokio::test]
async fn blank_html_is_vks_warning() {
    let client = running().await;
    let text = client.get("/blank.html").await.text().await.unwrap();
    let warning = "Пожалуйста, не копируйте данные из адресной строки для сторонних сайтов. \
                   Таким образом Вы можете потерять доступ к Вашему аккаунту.";
    assert!(text.contains(warning), "{text}");
}

#[tokio::test]
async fn forms_may_lead_to_the_applications_redirect_and_nowhere_else() {
    let client = running().await;
    for (redirect_uri, expected) in [
        ("", "form-action 'self';"),
        ("&redirect_uri=https://oauth.vk.com/blank.html", "form-action 'self';"),
        ("&redirect_uri=http://127.0.0.1:8000/callback/vk", "form-action 'self' http://127.0.0.1:8000;"),
        ("&redirect_uri=http://localhost/x", "form-action 'self' http://localhost;"),
    ] {
        let page = client.get(&format!("{AUTHORIZE}{redirect_uri}")).await;
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(expected), "{policy}");
    }
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let client = running().await;
    let hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27%26amp;";
    let raw = "\"'><img/src=x>";
    for path in [
        format!("{AUTHORIZE}&state={hostile}"),
        format!("{AUTHORIZE}&redirect_uri=http://127.0.0.1/%3Cb%3E{hostile}?{hostile}"),
        format!("{AUTHORIZE}&state={raw}"),
        format!("{AUTHORIZE}&{hostile}={hostile}"),
        format!("{AUTHORIZE}&scope={hostile}"),
        format!("{AUTHORIZE}&client_id={hostile}"),
        format!("{AUTHORIZE}&group_ids={hostile}"),
        format!("{AUTHORIZE}&person={hostile}"),
        format!("/activation?person={hostile}"),
        format!("/{hostile}"),
    ] {
        let page = client.get(&path).await;
        let is_json = page.headers()["content-type"] == "application/json; charset=utf-8";
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        let text = page.text().await.unwrap();
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("<b>"), "{path}: {text}");
        assert!(is_json || !text.contains("alert(1)</"), "{path}");
    }
    let text = client.get(&format!("{AUTHORIZE}&state={hostile}")).await.text().await.unwrap();
    assert!(text.contains("<code>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;amp;</code>"), "{text}");
}

#[tokio::test]
async fn a_name_full_of_markup_is_shown_as_a_name() {
    let client = running().await;
    let text = client.get(AUTHORIZE).await.text().await.unwrap();
    assert!(text.contains("<bdi>Zoë &lt;Zed&gt; O&#39;Connor &amp; &quot;Sons&quot;</bdi>"), "{text}");
}
