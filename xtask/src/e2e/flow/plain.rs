//! The servers without us: a client of a few lines asks what the other flows rely on.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{Done, Server, Visit, World, ensure, speaks_for};
use crate::e2e::browser::Page;
use crate::e2e::wire::{self, Answer};

/// The pair of RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SECRET: &str = "known to the test";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn oidc(world: &World) -> Done {
    let base = world.base(Server::Oidc)?;
    let redirect = format!("{}/callback/oidc-public", world.callback());
    let metadata = wire::get(&format!("{base}/.well-known/openid-configuration"), None)?.expect(200)?;
    let request = [("client_id", "oidc-public"), ("redirect_uri", &redirect), ("scope", "openid profile")];

    let page = ask(world, &metadata.text("authorization_endpoint")?, "code", &request, Visit::alice())?;
    let code = answered(&page, &redirect, "code")?;
    let issuer = wire::parameter(&page.went_to, "iss");
    ensure(issuer.as_deref() == Some(base), || format!("`iss` is {issuer:?}"))?;

    let endpoint = metadata.text("token_endpoint")?;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", "oidc-public"),
        ("redirect_uri", &redirect),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let first = wire::post(&endpoint, &exchange)?.expect(200)?;
    speaks_for(&first.text("access_token")?, &metadata.text("userinfo_endpoint")?, "alice")?;

    let refresh = |token: &str| refresh(&endpoint, "oidc-public", "", token);
    let old = first.text("refresh_token")?;
    let new = refresh(&old)?.expect(200)?.text("refresh_token")?;
    ensure(new != old, || "the refresh token did not rotate".to_owned())?;
    says(&refresh(&old)?, "invalid_grant")?;
    // That ends the whole grant.
    says(&refresh(&new)?, "invalid_grant")
}

pub(super) fn device(world: &World) -> Done {
    let base = world.base(Server::Oidc)?;
    let metadata = wire::get(&format!("{base}/.well-known/openid-configuration"), None)?.expect(200)?;
    let [begin, token, userinfo] = ["device_authorization_endpoint", "token_endpoint", "userinfo_endpoint"];
    let token = by_device(world, "oidc-device", "openid profile", &metadata.text(begin)?, &metadata.text(token)?)?;
    speaks_for(&token, &metadata.text(userinfo)?, "alice")
}

pub(super) fn django(world: &World) -> Done {
    let base = world.base(Server::Django)?;
    let redirect = format!("{}/callback/django-implicit", world.callback());
    let request = [("client_id", "django-implicit"), ("redirect_uri", redirect.as_str()), ("scope", "read")];
    let page = ask(world, &format!("{base}/o/authorize/"), "token", &request, Visit::alice())?;
    ensure(page.went_to.starts_with(&format!("{redirect}#")), || format!("no fragment: {}", page.went_to))?;
    let userinfo = format!("{base}/api/me");
    speaks_for(&answered(&page, &redirect, "access_token")?, &userinfo, "alice")?;

    let (begin, token) = (format!("{base}/o/device-authorization/"), format!("{base}/o/token/"));
    speaks_for(&by_device(world, "django-device", "read", &begin, &token)?, &userinfo, "alice")
}

pub(super) fn django_refresh(world: &World) -> Done {
    let base = world.base(Server::Django)?;
    let endpoint = format!("{base}/o/token/");
    for (client, survives) in [("django-rotate", true), ("django-protected", false)] {
        let old = by_code(world, &format!("{base}/o/authorize/"), &endpoint, client)?.text("refresh_token")?;
        let new = refresh(&endpoint, client, SECRET, &old)?.expect(200)?.text("refresh_token")?;
        says(&refresh(&endpoint, client, SECRET, &old)?, "invalid_grant")?;
        let after = refresh(&endpoint, client, SECRET, &new)?;
        if survives { after.expect(200).map(|_| ()) } else { says(&after, "invalid_grant") }?;
    }
    Ok(())
}

pub(super) fn doorkeeper(world: &World) -> Done {
    let (base, client) = (world.base(Server::Doorkeeper)?, "doorkeeper-rotate");
    let endpoint = format!("{base}/oauth/token");
    let old = by_code(world, &format!("{base}/oauth/authorize"), &endpoint, client)?.text("refresh_token")?;
    // As long as nobody has used what came of it.
    refresh(&endpoint, client, SECRET, &old)?.expect(200)?;
    let new = refresh(&endpoint, client, SECRET, &old)?.expect(200)?;
    speaks_for(&new.text("access_token")?, &format!("{base}/api/me"), "alice")?;
    says(&refresh(&endpoint, client, SECRET, &old)?, "invalid_grant")?;
    refresh(&endpoint, client, SECRET, &new.text("refresh_token")?)?.expect(200).map(|_| ())
}

pub(super) fn mastodon(world: &World) -> Done {
    let base = world.base(Server::Mastodon)?;
    let redirect = format!("{}/callback/plain", world.callback());
    let registration = [("client_name", "plain"), ("redirect_uris", redirect.as_str()), ("scopes", "read write")];
    let app = wire::post(&format!("{base}/api/v1/apps"), &registration)?.expect(200)?;
    let (id, secret) = (app.text("client_id")?, app.text("client_secret")?);
    let request = [("client_id", id.as_str()), ("redirect_uri", redirect.as_str()), ("scope", "read")];
    let authorize = format!("{base}/oauth/authorize");

    let login = || -> Result<Answer, String> {
        let page = ask(world, &authorize, "code", &request, Visit::alice().in_session("plain"))?;
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", &id),
            ("client_secret", &secret),
            ("redirect_uri", &redirect),
            ("code", &answered(&page, &redirect, "code")?),
            ("code_verifier", VERIFIER),
        ];
        wire::post(&format!("{base}/oauth/token"), &exchange)?.expect(200)
    };
    let first = login()?;
    ensure(first.json()["expires_in"] == Value::Null, || "a token that expires".to_owned())?;
    let token = first.text("access_token")?;
    speaks_for(&token, &format!("{base}/api/v1/accounts/verify_credentials"), "alice")?;
    ensure(login()?.text("access_token")? == token, || "the second login made another token".to_owned())?;

    wire::delete(&format!("{base}/e2e/apps"))?.expect(204)?;
    let page = ask(world, &authorize, "code", &request, Visit::alice().in_session("plain"))?;
    ensure(page.status == 200 && page.address.starts_with(&authorize), || format!("not an error page: {page:?}"))?;
    ensure(page.text.contains("unknown client"), || format!("another error: {}", page.text))
}

/// Sends alice to an authorization endpoint, with PKCE and `state`.
fn ask(
    world: &World,
    endpoint: &str,
    response_type: &str,
    request: &[(&str, &str)],
    order: Visit<'_>,
) -> Result<Page, String> {
    let more = [
        ("response_type", response_type),
        ("state", "plain"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let address = format!("{endpoint}?{}", wire::encode(&[request, &more].concat()));
    world.browser()?.visit(Visit { open: &address, ..order })
}

/// The parameter that the answer at the redirect URI carries, beside our `state`.
fn answered(page: &Page, redirect: &str, name: &str) -> Result<String, String> {
    ensure(page.went_to.starts_with(redirect), || format!("the person is left here: {page:?}"))?;
    let state = wire::parameter(&page.went_to, "state");
    ensure(state.as_deref() == Some("plain"), || format!("`state` is {state:?}"))?;
    wire::parameter(&page.went_to, name).ok_or_else(|| format!("no `{name}` in {}", page.went_to))
}

/// The tokens that alice's code gives a client with a secret.
fn by_code(world: &World, authorize: &str, endpoint: &str, client: &str) -> Result<Answer, String> {
    let redirect = format!("{}/callback/{client}", world.callback());
    let request = [("client_id", client), ("redirect_uri", redirect.as_str()), ("scope", "read")];
    let page = ask(world, authorize, "code", &request, Visit::alice())?;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("client_secret", SECRET),
        ("redirect_uri", &redirect),
        ("code", &answered(&page, &redirect, "code")?),
        ("code_verifier", VERIFIER),
    ];
    wire::post(endpoint, &exchange)?.expect(200)
}

fn refresh(endpoint: &str, client: &str, secret: &str, token: &str) -> Result<Answer, String> {
    let mut form = vec![("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
    if !secret.is_empty() {
        form.push(("client_secret", secret));
    }
    wire::post(endpoint, &form)
}

fn by_device(world: &World, client: &str, scope: &str, begin: &str, endpoint: &str) -> Result<String, String> {
    let begun = wire::post(begin, &[("client_id", client), ("scope", scope)])?.expect(200)?;
    let device_code = begun.text("device_code")?;
    let poll = || wire::post(endpoint, &[("grant_type", DEVICE), ("client_id", client), ("device_code", &device_code)]);
    says(&poll()?, "authorization_pending")?;
    let (address, code) = (begun.text("verification_uri")?, begun.text("user_code")?);
    world.browser()?.visit(Visit::to(&address).typing(&code))?;
    let interval = begun.json()["interval"].as_u64().unwrap_or(5);
    thread::sleep(Duration::from_secs(interval));
    poll()?.expect(200)?.text("access_token")
}

fn says(answer: &Answer, error: &str) -> Done {
    let told = answer.text("error")?;
    ensure(answer.status == 400 && told == error, || format!("{error} was meant: {} {}", answer.status, answer.body))
}
