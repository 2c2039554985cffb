//! Our binary and django-oauth-toolkit: addresses without discovery, the implicit grant in the fragment, device codes.

use super::{Done, Home, Server, Visit, World, clean, declined, ensure, keeps, visit};
use crate::e2e::child::Ended;

const CODE: &str = "django-code";
const DEVICE: &str = "django-device";
const IMPLICIT: &str = "django-implicit";

pub(super) fn home(world: &World, flow: &str, client: &str) -> Result<Home, String> {
    let base = world.base(Server::Django)?;
    let auth = if [DEVICE, IMPLICIT].contains(&client) {
        "client_auth = \"none\""
    } else {
        "client_auth = \"post\"\nclient_secret_env = \"CLIENT_SECRET\""
    };
    let configuration = format!(
        "[providers.{client}]\nkind = \"oauth2\"\nauthorization_url = \"{base}/o/authorize/\"\ntoken_url = \"{base}/o/token/\"\n\
         revocation_url = \"{base}/o/revoke_token/\"\ndevice_authorization_url = \"{base}/o/device-authorization/\"\n\
         userinfo_url = \"{base}/api/me\"\nclient_id = \"{client}\"\n{auth}\nscopes = [\"read\"]\n"
    );
    Ok(Home::new(world, flow, &configuration)?.with("CLIENT_SECRET", "known to the test"))
}

fn kept(world: &World, home: &Home, client: &str) -> Done {
    keeps(home, client, &format!("{}/api/me", world.base(Server::Django)?), "alice")
}

fn log_in(world: &World, flow: &str, arguments: &[&str]) -> Done {
    let home = home(world, flow, arguments[0])?;
    let (ended, page) = visit(world, home.login(arguments)?, Visit::alice())?;
    let ended = ended.expect(0)?;
    ensure(ended.stdout.contains("alice"), || format!("does not say whom it kept: {ended:?}"))?;
    clean(world, &page)?;
    kept(world, &home, arguments[0])
}

fn log_in_and_decline(world: &World, flow: &str, arguments: &[&str]) -> Done {
    let home = home(world, flow, arguments[0])?;
    let (ended, page) = visit(world, home.login(arguments)?, Visit::alice().declining())?;
    clean(world, &page)?;
    declined(&home, ended)
}

pub(super) fn code(world: &World) -> Done {
    log_in(world, "django/code", &[CODE])
}

pub(super) fn deny(world: &World) -> Done {
    log_in_and_decline(world, "django/deny", &[CODE])
}

pub(super) fn implicit(world: &World) -> Done {
    log_in(world, "django/implicit", &[IMPLICIT, "--flow", "implicit"])
}

pub(super) fn implicit_deny(world: &World) -> Done {
    log_in_and_decline(world, "django/implicit-deny", &[IMPLICIT, "--flow", "implicit"])
}

fn by_device(world: &World, home: &Home, allow: bool) -> Result<Ended, String> {
    let mut login = home.login(&[DEVICE, "--device"])?;
    let request = login.request()?;
    let order = Visit { code: request.code.as_deref(), allow, ..Visit::to(&request.address) };
    world.browser()?.visit(order)?;
    login.end()
}

pub(super) fn device(world: &World) -> Done {
    let home = home(world, "django/device", DEVICE)?;
    by_device(world, &home, true)?.expect(0)?;
    kept(world, &home, DEVICE)
}

pub(super) fn device_deny(world: &World) -> Done {
    let home = home(world, "django/device-deny", DEVICE)?;
    let ended = by_device(world, &home, false)?;
    declined(&home, ended)
}
