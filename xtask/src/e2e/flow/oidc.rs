//! Our binary and oidc-provider: discovery, each way of client authentication, attacks on the callback, device codes, a running server.

use serde_json::json;

use super::{Done, Home, Page, Server, Visit, World, clean, declined, ensure, keeps, speaks_for, visit};
use crate::e2e::child::{Child, Ended};
use crate::e2e::wire;
use crate::process::Stream;

const PUBLIC: (&str, &str) = ("oidc-public", "");
const BASIC: (&str, &str) = ("oidc-basic", "known to the test/+%");
const POST: (&str, &str) = ("oidc-post", "known to the test");
const DEVICE: (&str, &str) = ("oidc-device", "");
const SERVICE: (&str, &str) = ("oidc-service", "known to the test");

fn home(world: &World, flow: &str, (client, secret): (&str, &str)) -> Result<Home, String> {
    let issuer = world.base(Server::Oidc)?;
    let auth = match client {
        "oidc-basic" => "basic",
        "oidc-post" => "post",
        _ => "none",
    };
    let configuration = format!(
        "[providers.{client}]\nkind = \"oauth2\"\nissuer = \"{issuer}\"\nclient_id = \"{client}\"\nclient_auth = \"{auth}\"\n\
         scopes = [\"openid\", \"profile\"]\n"
    );
    if secret.is_empty() {
        return Home::new(world, flow, &configuration);
    }
    let home = Home::new(world, flow, &format!("{configuration}client_secret_env = \"CLIENT_SECRET\"\n"))?;
    Ok(home.with("CLIENT_SECRET", secret))
}

pub(super) fn userinfo(world: &World) -> Result<String, String> {
    Ok(format!("{}/me", world.base(Server::Oidc)?))
}

fn log_in(world: &World, flow: &str, client: (&str, &str)) -> Done {
    let home = home(world, flow, client)?;
    let (ended, page) = visit(world, home.login(&[client.0])?, Visit::alice())?;
    let ended = ended.expect(0)?;
    ensure(ended.stdout.contains("alice"), || format!("does not say whom it kept: {ended:?}"))?;
    clean(world, &page)?;
    keeps(&home, client.0, &userinfo(world)?, "alice")
}

pub(super) fn code(world: &World) -> Done {
    log_in(world, "oidc/code", PUBLIC)
}

pub(super) fn basic(world: &World) -> Done {
    log_in(world, "oidc/basic", BASIC)
}

pub(super) fn post(world: &World) -> Done {
    log_in(world, "oidc/post", POST)
}

pub(super) fn deny(world: &World) -> Done {
    let home = home(world, "oidc/deny", PUBLIC)?;
    let (ended, page) = visit(world, home.login(&[PUBLIC.0])?, Visit::alice().declining())?;
    clean(world, &page)?;
    declined(&home, ended)
}

pub(super) fn wrong_secret(world: &World) -> Done {
    let home = home(world, "oidc/wrong-secret", (POST.0, "not the one"))?;
    let (ended, page) = visit(world, home.login(&[POST.0])?, Visit::alice())?;
    clean(world, &page)?;
    ended.failed(&[1, 2], &["not the one"])?;
    home.nothing_kept()
}

pub(super) fn stranger(world: &World) -> Done {
    let home = home(world, "oidc/stranger", PUBLIC)?;
    let mut login = home.login(&[PUBLIC.0])?;
    let address = login.address()?;
    let callback = format!("{}/callback/{}", world.callback(), PUBLIC.0);
    for query in ["code=theirs&state=theirs", "code=theirs", "error=access_denied&state=theirs", ""] {
        let page = world.browser()?.visit(Visit::to(&format!("{callback}?{query}")))?;
        ensure(page.status == 400, || format!("`{query}` is answered with {}: {}", page.status, page.text))?;
    }
    let page = world.browser()?.visit(Visit::to(&address))?;
    login.end()?.expect(0)?;
    clean(world, &page)?;
    keeps(&home, PUBLIC.0, &userinfo(world)?, "alice")
}

/// The person is through; the address with the code is held in the hand, in the browser named `session`.
fn held(world: &World, address: &str, session: &str) -> Result<String, String> {
    let callback = format!("{}/callback/", world.callback());
    let page = world.browser()?.visit(Visit::to(address).in_session(session).holding(&callback))?;
    let code = wire::parameter(&page.went_to, "code");
    ensure(code.is_some(), || format!("no code came back: {page:?}"))?;
    Ok(page.went_to)
}

fn deliver(world: &World, address: &str, session: &str) -> Result<Page, String> {
    world.browser()?.visit(Visit::to(address).in_session(session))
}

pub(super) fn mix_up(world: &World) -> Done {
    let home = home(world, "oidc/mix-up", PUBLIC)?;
    let mut login = home.login(&[PUBLIC.0])?;
    let address = login.address()?;
    let answer = held(world, &address, "mix-up")?;
    let issuer = wire::encode(&[("iss", world.base(Server::Oidc)?)]);
    let forged = answer.replace(&issuer, &wire::encode(&[("iss", "https://id.example.org")]));
    ensure(forged != answer, || format!("no issuer to forge in {answer}"))?;
    let page = deliver(world, &forged, "mix-up")?;
    ensure((400..500).contains(&page.status), || format!("taken, with {}: {}", page.status, page.text))?;
    let code = wire::parameter(&answer, "code").unwrap_or_default();
    login.end()?.failed(&[1, 3], &[&code])?;
    home.nothing_kept()
}

pub(super) fn replay(world: &World) -> Done {
    let home = home(world, "oidc/replay", PUBLIC)?;
    let (_serving, key) = serve(&home)?;
    let (_, connect) = begin(world, &key)?;
    let answer = held(world, &connect, "replay")?;
    clean(world, &deliver(world, &answer, "replay")?)?;
    let page = deliver(world, &answer, "replay")?;
    ensure(page.status == 400, || format!("the second time is answered with {}: {}", page.status, page.text))?;
    keeps(&home, PUBLIC.0, &userinfo(world)?, "alice")
}

pub(super) fn paste(world: &World) -> Done {
    let home = home(world, "oidc/paste", PUBLIC)?;
    let mut login = home.login(&[PUBLIC.0, "--paste"])?;
    let address = login.address()?;
    let answer = held(world, &address, "paste")?;
    login.type_in(&answer)?;
    login.end()?.expect(0)?;
    keeps(&home, PUBLIC.0, &userinfo(world)?, "alice")
}

/// Whether the server takes a token for a live one of the application.
fn is_alive(world: &World, token: &str) -> Result<bool, String> {
    let address = format!("{}/token/introspection", world.base(Server::Oidc)?);
    let (client, secret) = SERVICE;
    let form = [("client_id", client), ("client_secret", secret), ("token", token)];
    let told = wire::post(&address, &form)?.expect(200)?.json();
    let is_ours = told["client_id"] == client && told["sub"].is_null();
    ensure(told["active"] == false || is_ours, || format!("a token of somebody else: {told}"))?;
    Ok(told["active"] == true)
}

pub(super) fn service(world: &World) -> Done {
    let (client, secret) = SERVICE;
    let configuration = format!(
        "[providers.{client}]\nkind = \"oauth2\"\ngrant = \"client_credentials\"\nissuer = \"{}\"\nclient_id = \"{client}\"\n\
         client_auth = \"post\"\nclient_secret_env = \"CLIENT_SECRET\"\n",
        world.base(Server::Oidc)?
    );
    let home = Home::new(world, "oidc/service", &configuration)?.with("CLIENT_SECRET", secret);
    let ended = home.run(&["login", client], "")?.expect(0)?;
    ensure(ended.stdout.contains("renews itself"), || format!("does not say that it renews itself: {ended:?}"))?;
    let mut tokens = vec![home.token(client)?];
    for _ in 0..10 {
        home.run(&["refresh", client], "")?.expect(0)?;
        tokens.push(home.token(client)?);
    }
    for (index, token) in tokens.iter().enumerate() {
        ensure(is_alive(world, token)?, || format!("token {index} does not live"))?;
        ensure(!tokens[..index].contains(token), || format!("token {index} came before"))?;
    }
    home.confirmed()?;
    let asked = wire::get(&format!("{}/e2e", world.base(Server::Oidc)?), None)?.expect(200)?.json();
    let asked = &asked["asked"][client];
    ensure(*asked == json!({"client_credentials": 11}), || format!("the server was asked {asked}"))?;
    home.run(&["revoke", client], "")?.expect(0)?;
    ensure(!is_alive(world, &tokens[10])?, || "the token lives on".to_owned())?;
    home.nothing_kept()
}

fn by_device(world: &World, home: &Home, allow: bool) -> Result<Ended, String> {
    let mut login = home.login(&[DEVICE.0, "--device"])?;
    let request = login.request()?;
    let order = Visit { code: request.code.as_deref(), allow, ..Visit::to(&request.address) };
    world.browser()?.visit(order)?;
    login.end()
}

pub(super) fn device(world: &World) -> Done {
    let home = home(world, "oidc/device", DEVICE)?;
    by_device(world, &home, true)?.expect(0)?;
    keeps(&home, DEVICE.0, &userinfo(world)?, "alice")
}

pub(super) fn device_deny(world: &World) -> Done {
    let home = home(world, "oidc/device-deny", DEVICE)?;
    let ended = by_device(world, &home, false)?;
    declined(&home, ended)
}

/// A running server, and a key for its API. It ends when the first of the two is dropped.
pub(super) fn serve(home: &Home) -> Result<(Child, String), String> {
    let mut serving = home.start(&["serve"])?;
    serving.wait_for("listening", |_: Stream, line: &str| line.contains("listening").then_some(()))?;
    let issued = home.run(&["key", "issue", "--can", "submit,status"], "")?.expect(0)?;
    Ok((serving, issued.stdout.trim().to_owned()))
}

/// Asks the API for an authorization: its id and the link to begin at.
fn begin(world: &World, key: &str) -> Result<(String, String), String> {
    let url = format!("{}/api/v1/oauth/{}/authorize", world.callback(), PUBLIC.0);
    let begun = wire::post_json(&url, key, &json!({}))?;
    let begun = if begun.status == 201 { begun } else { begun.expect(200)? };
    let id = begun.json()["authorization_id"].clone();
    Ok((id.as_str().map_or_else(|| id.to_string(), str::to_owned), begun.text("connect_url")?))
}

pub(super) fn connect(world: &World) -> Done {
    let home = home(world, "oidc/connect", PUBLIC)?;
    let (_serving, key) = serve(&home)?;
    let (id, link) = begin(world, &key)?;
    let outcome = || {
        let url = format!("{}/api/v1/oauth/{}/authorizations/{id}", world.callback(), PUBLIC.0);
        wire::get(&url, Some(&key))?.expect(200)?.text("status")
    };
    let before = outcome()?;
    ensure(before == "pending", || format!("{before} before anything happened"))?;
    clean(world, &world.browser()?.visit(Visit::to(&link))?)?;
    let after = outcome()?;
    ensure(after == "done", || format!("{after} after the person allowed it"))?;
    keeps(&home, PUBLIC.0, &userinfo(world)?, "alice")
}

pub(super) fn remote(world: &World) -> Done {
    let home = home(world, "oidc/remote", PUBLIC)?;
    let (_serving, _) = serve(&home)?;
    let (ended, page) = visit(world, home.login(&[PUBLIC.0, "--remote"])?, Visit::alice())?;
    ended.expect(0)?;
    clean(world, &page)?;
    home.confirmed()?;
    speaks_for(&home.token(PUBLIC.0)?, &userinfo(world)?, "alice")
}
