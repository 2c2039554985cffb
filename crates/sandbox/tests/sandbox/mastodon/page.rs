//! The pages: marked, within their policy, and safe from whatever is put into them.

use super::{server, with_app, with_token};

#[tokio::test]
async fn every_server_has_a_page_that_says_what_it_is_and_where_the_others_are() {
    for (name, _) in crate::client::running().await.sandbox.mastodons() {
        let server = with_token(name).await;
        let page = server.ask("GET /").await;
        assert!(page.text.contains("<strong>Sandbox.</strong> This is not a real "), "{name}");
        assert!(page.text.contains("id=\"quirks\"") && page.text.contains("id=\"others\""), "{name}");
        assert!(page.text.contains("<bdi>Owl</bdi>") && page.text.contains("Lives."), "{name}");
        for secret in ["secret", "token", "code"] {
            assert!(!page.text.contains(server.get(secret)), "{name} {secret}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains("<script") && !page.text.contains(" style=") && !page.text.contains(" onclick"));
        assert!(!page.text.contains("href=\"https:"), "{name} links nowhere");
    }
}

#[tokio::test]
async fn forms_may_lead_to_the_applications_redirect_and_nowhere_else() {
    for (uri, expected) in [
        ("http://127.0.0.1:8000/callback", "form-action 'self' http://127.0.0.1:8000;"),
        ("http://localhost/x", "form-action 'self' http://localhost;"),
        ("org.example.app://x", "form-action 'self' org.example.app:;"),
        ("https://example.org/x", "form-action 'self';"),
        ("urn:ietf:wg:oauth:2.0:oob", "form-action 'self';"),
    ] {
        let mut server = server("akkoma").await;
        server.set("back", uri.to_owned());
        server.register("client_name=A&redirect_uris={back}&scopes=read").await;
        let page = server.authorize("scope=read").await;
        assert!(
            page.header("content-security-policy").contains(expected),
            "{uri}: {}",
            page.header("content-security-policy")
        );
    }
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27%26amp;";
    for name in ["mastodon-4.6", "akkoma", "takahe", "snac", "pixelfed"] {
        let mut server = with_app(name).await;
        server.register(&format!("client_name={hostile}&redirect_uris={{back}}&scopes=read")).await;
        for line in [
            "GET /".to_owned(),
            format!(
                "GET /oauth/authorize?client_id={{id}}&redirect_uri={{back}}&response_type=code&scope=read&state={hostile}"
            ),
            format!("GET /oauth/authorize?client_id={hostile}&auto=allow"),
            format!("GET /oauth/authorize?client_id={{id}}&redirect_uri={hostile}&auto=allow"),
            format!("GET /oauth/authorize/native?code={hostile}"),
            format!("POST /auth/sign_in person={hostile}"),
            format!("GET /{hostile}"),
            format!("GET /.well-known/webfinger?resource={hostile}"),
        ] {
            let answer = server.ask(&line).await;
            assert!(!answer.text.contains("<script"), "{name} {line}: {}", answer.text);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
    let mut server = server("mastodon-4.6").await;
    server.set("back", "https://example.org/<b>".to_owned());
    server.register("client_name=A&redirect_uris={back}&scopes=read").await;
    let page = server.authorize("auto=allow&response_mode=form_post&state=%3Cb%3E").await.text;
    assert!(!page.contains("<b>"), "{page}");
}
