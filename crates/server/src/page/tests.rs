//! Holds the pages against hostile text, and against what all of them must have.

use grantkeep_core::{Account, AuthorizationId, Flow, Owner, Progress, ProviderName, State, Timestamp};
use grantkeep_keeper::{Ending, Invitation, RenewalInvitation};
use http_body_util::BodyExt;

use super::*;
use crate::fault::{Fault, LoginFault};

const FRAME: Frame<'_> = Frame { sandbox: false, root: "" };

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</bdi></title></textarea><b>",
    "javascript:alert(1)",
    "\u{202e}\u{2066}turned\u{200b}",
    "&lt;script&gt; {{7*7}} ${7*7}",
];

async fn html(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The tags of a page, without the text in between.
fn tags(page: &str) -> Vec<String> {
    let tags = page.split('<').skip(1).map(|rest| rest.split(['>', ' ', '\n']).next().unwrap().to_owned());
    tags.collect()
}

fn invitation(text: &str, provider: Provider, flow: Flow) -> Invitation {
    Invitation {
        id: AuthorizationId::from_random([1; 16]),
        provider,
        server: Some(text.into()),
        is_punycode: false,
        owner: Owner::new(text).unwrap(),
        account: Account::new(text).ok(),
        scope: Some(text.replace([' ', ','], "_")),
        flow,
        by_link: false,
        takes_paste: provider != Provider::Mastodon,
        redirect_uri: Some(text.into()),
        capture_url: "http://127.0.0.1:8000/callback/vk".to_owned(),
        goes_to: "https://provider.example/authorize?state=s3cret".parse().unwrap(),
        expires_at: Timestamp::from_unix(600),
    }
}

async fn connect_page(invitation: &Invitation, host: &str) -> String {
    let connecting = Connecting { invitation, ticket: "abc", host, now: Timestamp::from_unix(0) };
    html(connect(FRAME, &connecting)).await
}

fn renewal_invitation(text: &str, provider: Provider) -> RenewalInvitation {
    RenewalInvitation {
        provider,
        server: Some(text.into()),
        owner: Owner::new(text).unwrap(),
        account: Account::new(text).unwrap(),
        expires_at: Timestamp::from_unix(86_400),
    }
}

async fn renewal_page(invitation: &RenewalInvitation, host: &str, now: i64) -> String {
    let now = Timestamp::from_unix(now);
    html(renewal(FRAME, &Renewing { invitation, ticket: "t1ck3t", host, now })).await
}

fn ended(progress: Progress, text: &str) -> Ending {
    Ending {
        provider: Provider::Mastodon,
        progress,
        cause: Some(text.into()),
        account: Account::new(text).ok(),
        verified: false,
        scope_reduced: true,
    }
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let acme = Provider::OAuth2(ProviderName::new("acme").unwrap());
    for text in HOSTILE {
        let refused = LoginFault::ProviderRefused { code: "other", description: Some(text.to_owned()) };
        let wrong_instance = LoginFault::Instance { what: text.to_owned(), advice: "Try another." };
        let pages = async |text: &str| {
            let mut pages = Vec::new();
            for (provider, flow) in
                [(Provider::Vk, Flow::Implicit), (Provider::Mastodon, Flow::Code), (acme, Flow::Code)]
            {
                for by_link in [false, true] {
                    pages.push(connect_page(&Invitation { by_link, ..invitation(text, provider, flow) }, text).await);
                }
                pages.push(renewal_page(&renewal_invitation(text, provider), text, 0).await);
            }
            for progress in [Progress::Done, Progress::Failed, Progress::Unknown] {
                pages.push(html(ending(FRAME, Some(&ended(progress, text)), Answer::Token)).await);
            }
            pages
        };
        let (hostile, plain) = (pages(text).await, pages("plain").await);
        for (hostile, plain) in hostile.iter().zip(&plain) {
            assert_eq!(tags(hostile), tags(plain), "{text}: {hostile}");
        }
        for fault in [refused, wrong_instance] {
            let page = html(wrong(FRAME, &Fault::Login(fault))).await;
            assert!(!page.contains("<svg onload") && !page.contains("<b>") && !page.contains("<img src=x"), "{page}");
            assert!(!page.contains("<script>"), "{page}");
        }
    }
}

#[tokio::test]
async fn a_providers_own_words_are_short_and_cannot_turn_the_page() {
    let description = Some(format!("\u{202e}{}\n\u{200b}end", "я".repeat(300)));
    let page = html(wrong(FRAME, &LoginFault::ProviderRefused { code: "server_error", description }.into())).await;
    assert_eq!(page.matches('я').count(), 199);
    assert!(!page.contains('\u{202e}') && !page.contains("end</bdi>"), "{page}");
}

#[tokio::test]
async fn a_connect_page_shows_no_state_and_has_the_forms_it_needs() {
    for (provider, flow, forms, bookmarks) in [
        (Provider::Mastodon, Flow::Code, 1, 0),
        (Provider::Vk, Flow::Implicit, 2, 2),
        (Provider::OAuth2(ProviderName::new("acme").unwrap()), Flow::Code, 2, 0),
    ] {
        let page = connect_page(&invitation("plain", provider, flow), "127.0.0.1:8000").await;
        assert_eq!(page.matches("<form method=\"post\" action=\"/connect/abc\"").count(), forms, "{provider}");
        assert_eq!(page.matches("javascript:").count(), bookmarks, "{provider}");
        assert!(page.contains("provider.example") && !page.contains("s3cret"), "{page}");
        assert_eq!(page.contains("lang=\"ru\""), provider == Provider::Vk, "VK's own warning is VK's");
    }
}

#[tokio::test]
async fn an_address_that_could_break_out_of_a_bookmark_makes_none() {
    for url in ["http://127.0.0.1:8000/it's/callback/vk", "http://h/%27/callback/vk", "http://h/\\/callback/vk"] {
        let mut invitation = invitation("plain", Provider::Vk, Flow::Implicit);
        invitation.capture_url = url.to_owned();
        let page = connect_page(&invitation, "h").await;
        assert!(!page.contains("javascript:") && page.contains("<textarea"), "{url}");
    }
}

#[tokio::test]
async fn a_renewal_page_has_one_button_and_its_ticket_nowhere_else() {
    let acme = Provider::OAuth2(ProviderName::new("acme").unwrap());
    for (provider, server, place) in
        [(Provider::Mastodon, Some("https://mstdn.jp"), "mstdn.jp"), (Provider::Vk, None, "VK"), (acme, None, "acme")]
    {
        let invitation = RenewalInvitation { server: server.map(Into::into), ..renewal_invitation("anna", provider) };
        let page = renewal_page(&invitation, "keep.example", 0).await;
        for part in [
            &format!("<h1>Renew access to <bdi>{place}</bdi></h1>"),
            "for <strong><bdi>anna</bdi></strong>",
            "Grantkeep at <bdi>keep.example</bdi>, for <code><bdi>anna</bdi></code>",
            "<form method=\"post\" action=\"/connect/t1ck3t\" data-goes-on>\n<button type=\"submit\">Renew</button>",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert_eq!([page.matches("t1ck3t").count(), page.matches("<form").count()], [1, 1], "{page}");
        assert_eq!(page.contains("<dt>Provider</dt><dd><bdi>Mastodon</bdi>"), server.is_some(), "{page}");
    }
}

#[tokio::test]
async fn a_renewal_page_says_how_long_its_link_works() {
    let invitation = renewal_invitation("anna", Provider::Vk);
    for (left, expected) in [
        (86_400, "24 hours"),
        (86_399, "24 hours"),
        (7200, "2 hours"),
        (7140, "119 minutes"),
        (61, "2 minutes"),
        (60, "1 minute"),
        (1, "1 minute"),
    ] {
        let page = renewal_page(&invitation, "h", 86_400 - left).await;
        assert!(page.contains(&format!("once, for another {expected}</bdi>")), "{left}: {page}");
    }
}

#[tokio::test]
async fn the_page_of_a_renewal_goes_on_by_itself_and_no_other_does() {
    let script = Asset::Script.content();
    for part in ["form[data-goes-on]", "visibilityState === \"visible\"", "requestSubmit"] {
        assert!(script.contains(part), "{part}");
    }
    let other = connect_page(&invitation("plain", Provider::Mastodon, Flow::Code), "h").await;
    assert!(!other.contains("data-goes-on"), "{other}");
}

#[tokio::test]
async fn each_end_has_its_page() {
    for (progress, expected) in [
        (Progress::Done, "Signed in as"),
        (Progress::Denied, "Access was declined"),
        (Progress::Failed, "Login failed"),
        (Progress::Unknown, "No clear answer"),
        (Progress::Expired, "Login has expired"),
        (Progress::Pending, "Not finished yet"),
        (Progress::Claimed, "Not finished yet"),
    ] {
        let page = html(ending(FRAME, Some(&ended(progress, "anna@mstdn.jp")), Answer::Gone)).await;
        assert!(page.contains(expected), "{progress:?}: {page}");
        let is_done = progress == Progress::Done;
        assert_eq!((page.contains("anna@mstdn.jp</bdi> at"), page.contains("Less than asked for")), (is_done, is_done));
    }
    let plain = Ending { verified: true, scope_reduced: false, ..ended(Progress::Done, "anna") };
    assert!(!html(ending(FRAME, Some(&plain), Answer::Gone)).await.contains("class=\"note\""));
    assert!(html(ending(FRAME, Some(&plain), Answer::Token)).await.contains("Close the page whose address you copied"));
}

#[tokio::test]
async fn what_a_fragment_may_say_lies_ready_on_the_pages_that_look() {
    let page = html(declined(FRAME)).await;
    let words: Vec<&str> = page.lines().filter(|line| line.starts_with("<h1>") || line.starts_with("<p")).collect();
    assert_eq!(words.len(), 3, "{page}");
    let other = Fault::Unusable(State::Expired);
    for (response, looks) in
        [(relay(FRAME), true), (wrong(FRAME, &LoginFault::StateMissing.into()), true), (wrong(FRAME, &other), false)]
    {
        let page = html(response).await;
        assert_eq!((page.contains("data-relay"), page.contains("<template id=\"declined\">")), (looks, looks));
        let ready = page.split_once("<template").map_or("", |(_, ready)| ready);
        assert!(words.iter().all(|line| ready.contains(line) == looks), "{page}");
    }
}

#[tokio::test]
async fn a_warning_stands_above_what_it_warns_of() {
    let acme = Provider::OAuth2(ProviderName::new("acme").unwrap());
    for (provider, flow, order) in [
        (Provider::Mastodon, Flow::Code, &["Go on only if", "<button"][..]),
        (acme, Flow::Code, &["Go on only if", "<button", "<textarea"]),
        (
            Provider::Vk,
            Flow::Implicit,
            &["Go on only if", "<button", "lang=\"ru\"", "close VK's page", "<textarea", "javascript:"],
        ),
    ] {
        let page = connect_page(&invitation("plain", provider, flow), "h").await;
        let places: Vec<_> = order.iter().map(|words| page.find(words)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{provider}: {places:?}");
    }
}

/// Who was sent there by a message did not begin it.
#[tokio::test]
async fn whoever_came_by_a_renewal_link_reads_what_it_renews() {
    let begun = invitation("anna", Provider::Vk, Flow::Implicit);
    let page = connect_page(&Invitation { by_link: true, ..begun.clone() }, "keep.example").await;
    for part in [
        "<title>Renew access to VK ",
        "<h1>Renew access to <bdi>VK</bdi></h1>",
        "<strong><bdi>keep.example</bdi></strong> needs a new token for <strong><bdi>anna</bdi></strong> at <strong><bdi>VK</bdi></strong>",
        "A link in a message brought you here. <strong>Go on only if that message is from your own Grantkeep:</strong>",
        "<dt>Renews</dt><dd><bdi>anna</bdi></dd>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    for part in ["began this login", "Connect to", "Under the name"] {
        assert!(!page.contains(part), "{part} is in {page}");
    }
    let page = connect_page(&begun, "keep.example").await;
    assert!(page.contains("Go on only if you began this login yourself") && !page.contains("message"), "{page}");
}

#[tokio::test]
async fn every_box_takes_a_paste_and_has_a_button() {
    let box_of = |page: &str| {
        let (_, form) = page.split_once("<form method=\"post\" action=\"/connect/abc\" data-takes-paste>").unwrap();
        form.split_once("</form>").unwrap().0.to_owned()
    };
    let connecting = connect_page(&invitation("plain", Provider::Vk, Flow::Implicit), "h").await;
    let again = html(paste_again(FRAME, &Fault::BadParameter("x"), "abc")).await;
    for page in [connecting, again] {
        let form = box_of(&page);
        assert!(form.contains("<textarea") && form.contains("<button class=\"second\" type=\"submit\">"), "{form}");
    }
    assert!(Asset::Script.content().contains("form[data-takes-paste]"));
}

#[tokio::test]
async fn a_server_s_foreign_letters_are_pointed_out() {
    for is_punycode in [false, true] {
        let invitation =
            Invitation { is_punycode, ..invitation("xn--mstdn-x.example", Provider::Mastodon, Flow::Code) };
        let page = connect_page(&invitation, "keep.example").await;
        assert!(page.contains("xn--mstdn-x.example") && page.contains("Look twice") == is_punycode, "{page}");
    }
}

#[tokio::test]
async fn the_facts_do_not_repeat_the_heading() {
    let acme = Provider::OAuth2(ProviderName::new("acme").unwrap());
    for (provider, server, heading, fact) in [
        (Provider::Mastodon, Some("https://mstdn.jp"), "mstdn.jp", "<dt>Provider</dt><dd><bdi>Mastodon</bdi>"),
        (acme, Some("https://acme.example"), "acme", "<dt>Server</dt><dd><bdi>https://acme.example</bdi>"),
        (Provider::Vk, None, "VK", "<dl>\n<div><dt>Kept by</dt>"),
    ] {
        let invitation = Invitation { server: server.map(Into::into), ..invitation("me", provider, Flow::Code) };
        let page = connect_page(&invitation, "keep.example").await;
        let kept = "<dt>Kept by</dt><dd>Grantkeep at <bdi>keep.example</bdi>, for <code><bdi>me</bdi></code></dd>";
        for part in [&format!("<h1>Connect to <bdi>{heading}</bdi></h1>"), fact, kept] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert_eq!(page.matches("<dt>").count(), if server.is_some() { 5 } else { 4 }, "{page}");
    }
}

#[tokio::test]
async fn every_page_has_the_same_head_and_headers() {
    let connecting = invitation("plain", Provider::Vk, Flow::Implicit);
    let connecting = Connecting { invitation: &connecting, ticket: "abc", host: "h", now: Timestamp::from_unix(0) };
    let renewed = renewal_invitation("plain", Provider::Vk);
    let renewing = Renewing { invitation: &renewed, ticket: "abc", host: "h", now: Timestamp::from_unix(0) };
    let missing = Fault::Login(LoginFault::StateMissing);
    for (response, status, has_forms) in [
        (connect(FRAME, &connecting), 200, true),
        (renewal(FRAME, &renewing), 200, true),
        (ending(FRAME, None, Answer::Gone), 200, false),
        (declined(FRAME), 200, false),
        (relay(FRAME), 200, false),
        (wrong(FRAME, &missing), 400, false),
        (wrong(FRAME, &Fault::Unusable(State::Expired)), 409, false),
        (paste_again(FRAME, &missing, "abc"), 400, true),
    ] {
        assert_eq!(response.status().as_u16(), status);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
        let forms = if has_forms { "" } else { "; form-action 'none'" };
        assert_eq!(header("content-security-policy"), format!("{policy}{forms}"));
        for (name, expected) in [
            ("content-type", "text/html; charset=utf-8"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(name), expected);
        }
        let page = html(response).await;
        assert!(
            page.contains(&format!("<script src=\"{}\"></script>", Asset::Script.path())),
            "it takes the answer out of the address"
        );
        assert_eq!(page.contains("name=\"referrer\" content=\"same-origin\""), has_forms);
        assert!(!page.contains("style=\"") && !page.contains("SANDBOX"), "{page}");
    }
    let sandbox = Frame { sandbox: true, root: "/vault" };
    let page = html(declined(sandbox)).await;
    assert!(
        page.contains("SANDBOX") && page.contains("src=\"/vault/assets/") && !page.contains("\"/assets/"),
        "{page}"
    );
}
