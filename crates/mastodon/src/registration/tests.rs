//! Registrations and the question about one, an answer a line.

use super::*;
use crate::Software;
use crate::registration::probe::Known;
use crate::site::Endpoints;
use crate::tests::{form_of, parse};

const REDIRECT: &str = "http://127.0.0.1:8000/callback/mastodon/mstdn.jp";

fn server() -> Server {
    Server::from_kept("mstdn.jp").unwrap()
}

#[test]
fn a_registration_is_one_form_that_every_server_takes() {
    let scopes = Scopes::parse("profile write:media");
    let website = Url::parse("https://example.org/grantkeep").unwrap();
    let application = Application { name: "Grantkeep", redirect_uri: REDIRECT, scopes: &scopes, website: None };
    let plain = "client_name=Grantkeep&redirect_uris=http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Fmastodon%2Fmstdn.jp\
                 &scopes=profile+write%3Amedia";
    for (website, form) in
        [(None, plain.to_owned()), (Some(&website), format!("{plain}&website=https%3A%2F%2Fexample.org%2Fgrantkeep"))]
    {
        let outgoing = request(&server(), &Application { website, ..application });
        assert_eq!((outgoing.url.as_str(), &outgoing.method), ("https://mstdn.jp/api/v1/apps", &Method::POST));
        assert_eq!(outgoing.purpose, Purpose::Check);
        assert_eq!(form_of(&outgoing), form);
        // No token, ever: GoToSocial refuses a registration for one that it does not like.
        assert!(outgoing.headers.iter().all(|(name, _)| name == header::ACCEPT));
    }
}

fn print(conversation: &str) -> String {
    match read(parse(conversation)) {
        Ok(registered) => {
            assert!(!format!("{registered:?}").contains("M1nted"));
            let scopes = registered.scopes.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("{}… {} {scopes}", &registered.client_id[..2], registered.client_secret.len())
        }
        Err(fault) => {
            assert!(!fault.to_string().is_empty() && !fault.advice().is_empty());
            format!("{fault:?}")
        }
    }
}

#[test]
fn every_answer_to_a_registration_is_read() {
    #[rustfmt::skip]
    let table = [
        ("mastodon/registered.json",               "M1… 43 profile write:media write:statuses"),
        ("mastodon/registered_before_4.3.json",    "M1… 43 -"),
        ("mastodon/registered_read_only.json",     "M1… 43 read"),
        ("gotosocial/registered.json",             "01… 36 -"),
        ("akkoma/registered.json",                 "M1… 43 -"),
        ("pixelfed/registered.json",               "17… 40 -"),
        ("sharkey/registered.json",                "aH… 21 -"),
        ("201 any/registered_scopes_as_text.json", "M1… 43 read write"),
        ("422 mastodon/registration_invalid.json", "Refused(422)"),
        ("422 hollo/registration_invalid.json",    "Refused(422)"),
        ("400 any/page.html",                      "Refused(400)"),
        ("403 mastodon/too_many.json",             "Refused(403)"),
        ("404 any/not_found.json",                 "NotOffered(404)"),
        ("405 any/empty.txt",                      "NotOffered(405)"),
        ("429 mastodon/too_many.json",             "TooOften"),
        ("502 any/bad_gateway.html",               "Trouble(502)"),
        ("301 to:https://mstdn.jp/ any/empty.txt", "Strange(\"redirect\")"),
        ("any/page.html",                          "Strange(\"not_json\")"),
        ("any/empty.txt",                          "Strange(\"empty_answer\")"),
        ("any/list.json",                          "Strange(\"unexpected_answer\")"),
        ("any/registered_with_error.json",         "Strange(\"unexpected_answer\")"),
        ("any/registered_without_secret.json",     "Strange(\"incomplete_answer\")"),
        ("any/registered_with_gap.json",           "Strange(\"incomplete_answer\")"),
        ("timeout",                                "Unanswered(Timeout)"),
    ];
    for (conversation, expected) in table {
        assert_eq!(print(conversation), expected, "{conversation}");
    }
}

#[test]
fn scopes_that_were_not_taken_down_are_told() {
    let asked = Scopes::parse("profile write:media write:statuses");
    for (file, missing) in [
        ("mastodon/registered.json", ""),
        ("mastodon/registered_before_4.3.json", ""),
        ("mastodon/registered_read_only.json", "profile write:media write:statuses"),
    ] {
        assert_eq!(read(parse(file)).unwrap().missing(&asked).to_string(), missing, "{file}");
    }
}

#[test]
fn the_question_carries_everything_that_some_server_wants() {
    let registered = read(parse("mastodon/registered.json")).unwrap();
    let endpoints = Endpoints::usual(&server());
    let scopes = Scopes::parse("read write:media");
    let ask = |software| probe::request(software, &endpoints.token, &registered.client(), REDIRECT, &scopes);
    let outgoing = ask(Software::GoToSocial).unwrap();
    assert_eq!((outgoing.url.as_str(), outgoing.purpose), ("https://mstdn.jp/oauth/token", Purpose::Token));
    assert_eq!(
        form_of(&outgoing),
        "grant_type=client_credentials&scope=read+write%3Amedia\
         &redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Fmastodon%2Fmstdn.jp\
         &client_id=M1ntedClientId-_0123456789abcdefghijklmnopq&client_secret=M1ntedSecret-_0123456789abcdefghijklmnopqrs"
    );
    assert!(!format!("{outgoing:?}").contains("M1nted"));
    for software in Software::ALL {
        let is_silent = matches!(software, Software::Mitra | Software::Sharkey | Software::Snac | Software::Takahe);
        assert_eq!(ask(software).is_none(), is_silent, "{software:?}");
    }
}

#[test]
fn every_answer_to_the_question_is_read() {
    use Software::{Akkoma, Friendica, GoToSocial, IceshrimpNet, Mastodon, Pixelfed, Pleroma, Unknown};
    #[rustfmt::skip]
    let table = [
        (Mastodon,     "mastodon/app_token.json",                Known::Yes),
        (GoToSocial,   "gotosocial/app_token.json",              Known::Yes),
        (Mastodon,     "401 mastodon/unauthorized_client.json",  Known::Yes),
        (Mastodon,     "401 mastodon/invalid_client.json",       Known::Forgotten),
        (Mastodon,     "400 mastodon/invalid_scope.json",        Known::Forgotten),
        (GoToSocial,   "400 gotosocial/invalid_client.json",     Known::Forgotten),
        (GoToSocial,   "403 gotosocial/invalid_scope.json",      Known::Forgotten),
        (GoToSocial,   "400 gotosocial/invalid_request.json",    Known::Unclear),
        (Akkoma,       "400 akkoma/invalid_client.json",         Known::Forgotten),
        (Pleroma,      "400 akkoma/invalid_client.json",         Known::Forgotten),
        (Akkoma,       "500 akkoma/bad_request.json",            Known::Unclear),
        (Mastodon,     "400 akkoma/invalid_client.json",         Known::Unclear),
        (Pixelfed,     "401 pixelfed/invalid_client.json",       Known::Forgotten),
        (Friendica,    "403 friendica/invalid_client.json",      Known::Forgotten),
        (IceshrimpNet, "401 iceshrimp/unauthorized.json",        Known::Forgotten),
        (Unknown,      "401 any/page.html",                      Known::Unclear),
        (Mastodon,     "404 any/not_found.json",                 Known::Unclear),
        (Mastodon,     "429 mastodon/too_many.json",             Known::Unclear),
        (Mastodon,     "502 any/bad_gateway.html",               Known::Unclear),
        (Mastodon,     "500 mastodon/invalid_client.json",       Known::Unclear),
        (Mastodon,     "any/page.html",                          Known::Unclear),
        (Mastodon,     "any/error_with_200.json",                Known::Unclear),
        (Mastodon,     "timeout",                                Known::Unclear),
    ];
    for (software, conversation, expected) in table {
        assert_eq!(probe::read(software, parse(conversation)), expected, "{software:?} {conversation}");
    }
}
