//! Our binary and Doorkeeper dressed as a Mastodon server: registration, token reuse, a server that forgets, pages that lead nowhere.

use super::{Done, Home, Server, Visit, World, clean, declined, ensure, speaks_for, visit};
use crate::e2e::wire;

fn home(world: &World, flow: &str, server: Server) -> Result<(Home, String), String> {
    let base = world.base(server)?.to_owned();
    let host = base.trim_start_matches("http://").to_owned();
    let home = Home::new(world, flow, "")?.with("GRANTKEEP_OUTBOUND_ALLOW", host);
    // Whatever an earlier flow registered: this one starts with a server that knows nobody.
    wire::delete(&format!("{base}/e2e/apps"))?.expect(204)?;
    Ok((home, base))
}

/// How many applications the server knows.
fn apps(base: &str) -> Result<u64, String> {
    wire::get(&format!("{base}/e2e"), None)?.json()["apps"]
        .as_u64()
        .ok_or_else(|| "no count of applications".to_owned())
}

fn log_in(world: &World, home: &Home, base: &str, session: &str) -> Done {
    let login = home.login(&["mastodon", "--instance", base])?;
    let (ended, page) = visit(world, login, Visit::alice().in_session(session))?;
    let ended = ended.expect(0)?;
    ensure(ended.stdout.contains("alice"), || format!("does not say whom it kept: {ended:?}"))?;
    clean(world, &page)
}

fn kept(home: &Home, base: &str) -> Done {
    let credential = home.confirmed()?;
    let account = format!("alice@{}", base.trim_start_matches("http://"));
    ensure(credential["account_name"] == account.as_str(), || format!("not called {account}: {credential}"))?;
    ensure(credential["expiry"].is_null(), || format!("it does not expire: {credential}"))?;
    works(home, base)
}

fn works(home: &Home, base: &str) -> Done {
    speaks_for(&home.token("mastodon")?, &format!("{base}/api/v1/accounts/verify_credentials"), "alice")
}

pub(super) fn code(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/code", Server::Mastodon)?;
    log_in(world, &home, &base, "code")?;
    kept(&home, &base)
}

pub(super) fn older(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/older", Server::OldMastodon)?;
    log_in(world, &home, &base, "older")?;
    kept(&home, &base)
}

pub(super) fn deny(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/deny", Server::Mastodon)?;
    let login = home.login(&["mastodon", "--instance", &base])?;
    let (ended, page) = visit(world, login, Visit::alice().declining())?;
    clean(world, &page)?;
    declined(&home, ended)
}

pub(super) fn twice(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/twice", Server::Mastodon)?;
    let mut before = None;
    for round in 1..=2 {
        log_in(world, &home, &base, "twice")?;
        let now = Some((home.confirmed()?["id"].clone(), home.token("mastodon")?));
        ensure(before.is_none() || before == now, || "the second login made another credential or token".to_owned())?;
        before = now;
        let known = apps(&base)?;
        ensure(known == 1, || format!("{known} registrations after login {round}"))?;
    }
    Ok(())
}

pub(super) fn forgotten(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/forgotten", Server::Mastodon)?;
    log_in(world, &home, &base, "forgotten")?;
    let old = (home.confirmed()?["id"].clone(), home.token("mastodon")?);
    wire::delete(&format!("{base}/e2e/apps"))?.expect(204)?;

    log_in(world, &home, &base, "forgotten")?;
    let known = apps(&base)?;
    ensure(known == 1, || format!("{known} registrations instead of a single new one"))?;
    let new = (home.confirmed()?["id"].clone(), home.token("mastodon")?);
    ensure(new.0 == old.0, || "the same person's new token went into another credential".to_owned())?;
    ensure(new.1 != old.1, || "the dead token is still there".to_owned())?;
    works(&home, &base)
}

pub(super) fn error_page(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/error-page", Server::Mastodon)?;
    // Its start is not to be counted.
    let browser = world.browser()?;
    let mut login = home.login(&["mastodon", "--instance", &base, "--timeout", "20s"])?;
    let address = login.address()?;
    // Between our check and the person's click the server loses its memory.
    wire::delete(&format!("{base}/e2e/apps"))?.expect(204)?;
    let page = browser.visit(Visit::to(&address).in_session("error-page"))?;
    ensure(page.status == 200 && page.text.contains("unknown client"), || format!("another page: {page:?}"))?;
    let ended = login.end()?.failed(&[1, 3, 4], &[])?;
    let words = ["time", "20 s", "20s", "nobody", "no answer", "waited"];
    ensure(words.iter().any(|word| ended.stderr.contains(word)), || format!("does not say what happened: {ended:?}"))?;
    home.nothing_kept()?;

    log_in(world, &home, &base, "error-page")?;
    kept(&home, &base)
}

pub(super) fn another(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/another", Server::Mastodon)?;
    let login = |person| {
        let login = home.login(&["mastodon", "--instance", &base, "--account", "work"])?;
        visit(world, login, Visit::alice().as_person(person))
    };
    login("alice")?.0.expect(0)?;
    login("bob")?.0.failed(&[1], &[])?;
    home.confirmed()?;
    works(&home, &base)
}

pub(super) fn paste(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/paste", Server::Mastodon)?;
    let mut login = home.login(&["mastodon", "--instance", &base, "--paste"])?;
    let address = login.address()?;
    let callback = format!("{}/callback/", world.callback());
    let page = world.browser()?.visit(Visit::to(&address).holding(&callback))?;
    // Either the page shows a code to copy, or the address bar has it.
    let shown = page.heading.starts_with("Authorization code").then(|| page.text.split_whitespace().last()).flatten();
    login.type_in(shown.unwrap_or(&page.went_to))?;
    login.end()?.expect(0)?;
    kept(&home, &base)
}

pub(super) fn own_token(world: &World) -> Done {
    let (home, base) = home(world, "mastodon/own-token", Server::Mastodon)?;
    let token =
        wire::post(&format!("{base}/e2e/tokens"), &[("username", "alice")])?.expect(200)?.text("access_token")?;
    home.run(&["add", "mastodon", "--instance", &base], &token)?.expect(0)?;
    kept(&home, &base)?;
    ensure(home.token("mastodon")? == token, || "another token is handed out".to_owned())
}
