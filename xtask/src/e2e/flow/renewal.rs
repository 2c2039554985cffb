//! Our binary and grants that are renewed: many at once, many in a row, by a running server; and one that is withdrawn.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Done, Home, Server, Visit, World, clean, django, ensure, oidc, speaks_for, visit};
use crate::e2e::wire;

/// Less than any token here has left, unless it is at its end: with this, `token` renews nothing.
const AS_IT_IS: &str = "1s";

/// How long the first tokens of `oidc-renew` live: no less would be due a second before its end for certain.
const LIVES_FOR: Duration = Duration::from_secs(20);

/// A login that has come to a grant.
struct Held<'a> {
    world: &'a World,
    home: Home,
    server: Server,
    client: &'static str,
    userinfo: String,
}

/// How many commands at once renew one grant, and how many times it is renewed after that.
#[derive(Clone, Copy)]
struct Measure {
    at_once: usize,
    in_a_row: u64,
    /// After that a token of the login has less than four fifths of its life left, and so may be renewed before it is due.
    wanting_after: Duration,
    /// More than it has left then, and less than its successor has.
    min_ttl: &'static str,
    /// A token is refused as soon as there is a newer one.
    old_ends: bool,
}

impl Held<'_> {
    fn log_in(self) -> Result<Self, String> {
        let login = self.home.login(&[self.client])?;
        let (ended, page) = visit(self.world, login, Visit::alice())?;
        ended.expect(0)?;
        clean(self.world, &page)?;
        self.home.confirmed()?;
        Ok(self)
    }

    /// The token that is kept, as it is.
    fn token(&self) -> Result<String, String> {
        self.home.run(&["token", self.client, "--min-ttl", AS_IT_IS], "")?.token()
    }

    fn works(&self) -> Done {
        speaks_for(&self.token()?, &self.userinfo, "alice")
    }

    fn refused(&self, token: &str) -> Done {
        let answer = wire::get(&self.userinfo, Some(token))?;
        // django-oauth-toolkit says 403.
        ensure([401, 403].contains(&answer.status), || format!("status {} for a token that has ended", answer.status))
    }

    /// What our binary has asked the server for as this client, and how often.
    fn asked(&self) -> Result<Value, String> {
        let told = wire::get(&format!("{}/e2e", self.world.base(self.server)?), None)?.expect(200)?;
        Ok(told.json()["asked"][self.client].clone())
    }

    fn renewed(&self, times: u64) -> Done {
        let asked = self.asked()?;
        let refreshes = asked["refresh_token"].as_u64().unwrap_or(0);
        ensure(refreshes == times, || format!("{refreshes} refreshes at the server instead of {times}: {asked}"))
    }

    /// What `count` commands print that run at once: the servers answer the first refresh only when all of them have begun.
    fn at_once(&self, count: usize, min_ttl: &str) -> Result<String, String> {
        let start = |_| self.home.start(&["token", self.client, "--min-ttl", min_ttl]);
        let running = (0..count).map(start).collect::<Result<Vec<_>, _>>()?;
        let tokens =
            running.into_iter().map(|child| child.end()?.token()).collect::<Result<BTreeSet<String>, String>>()?;
        ensure(tokens.len() == 1, || format!("{count} commands at once printed {} different tokens", tokens.len()))?;
        tokens.into_iter().next().ok_or_else(|| "no command ran".to_owned())
    }

    /// Renews it now, and gives the new token.
    fn refresh(&self) -> Result<String, String> {
        let ended = self.home.run(&["refresh", self.client], "")?.expect(0)?;
        ensure(ended.stdout.contains("is renewed"), || format!("does not say that it is renewed: {ended:?}"))?;
        self.token()
    }

    /// The whole story: many at once, many in a row, and the server is asked no more often than that.
    fn rotate(&self, measure: Measure) -> Done {
        let first = self.token()?;
        thread::sleep(measure.wanting_after);
        let second = self.at_once(measure.at_once, measure.min_ttl)?;
        ensure(second != first, || "nothing was renewed".to_owned())?;
        self.renewed(1)?;
        speaks_for(&second, &self.userinfo, "alice")?;

        let mut seen = BTreeSet::from([first, second]);
        for time in 1..=measure.in_a_row {
            let token = self.refresh()?;
            ensure(seen.insert(token), || format!("no new token after {time} refreshes in a row"))?;
        }
        self.renewed(1 + measure.in_a_row)?;
        self.works()?;
        self.home.confirmed()?;
        if measure.old_ends {
            let newest = self.token()?;
            return seen.iter().filter(|old| **old != newest).try_for_each(|old| self.refused(old));
        }
        Ok(())
    }
}

fn at_oidc<'a>(world: &'a World, flow: &str, client: &'static str) -> Result<Held<'a>, String> {
    let issuer = world.base(Server::Oidc)?;
    let configuration = format!(
        "[providers.{client}]\nkind = \"oauth2\"\nissuer = \"{issuer}\"\n\
         client_id = \"{client}\"\nclient_auth = \"none\"\n\
         scopes = [\"openid\", \"profile\", \"offline_access\"]\n"
    );
    let home = Home::new(world, flow, &configuration)?;
    Ok(Held { world, home, server: Server::Oidc, client, userinfo: oidc::userinfo(world)? })
}

fn at_django(world: &World, flow: &str, client: &'static str) -> Done {
    let home = django::home(world, flow, client)?;
    let userinfo = format!("{}/api/me", world.base(Server::Django)?);
    let held = Held { world, home, server: Server::Django, client, userinfo }.log_in()?;
    let wanting_after = Duration::from_secs(2);
    held.rotate(Measure { at_once: 20, in_a_row: 5, wanting_after, min_ttl: "30s", old_ends: true })
}

fn rotate_at_oidc(held: Held<'_>) -> Done {
    let wanting_after = Duration::from_secs(2);
    held.log_in()?.rotate(Measure { at_once: 50, in_a_row: 10, wanting_after, min_ttl: "30s", old_ends: false })
}

pub(super) fn oidc_rotate(world: &World) -> Done {
    rotate_at_oidc(at_oidc(world, "oidc/rotate", "oidc-rotate")?)
}

pub(super) fn oidc_rotate_served(world: &World) -> Done {
    let held = at_oidc(world, "oidc/rotate-served", "oidc-served")?;
    let (_serving, _) = oidc::serve(&held.home)?;
    rotate_at_oidc(held)
}

#[expect(clippy::disallowed_methods, reason = "the server that issues the token goes by the same clock")]
pub(super) fn oidc_serve(world: &World) -> Done {
    let held = at_oidc(world, "oidc/serve-renews", "oidc-renew")?;
    let (_serving, _) = oidc::serve(&held.home)?;
    let held = held.log_in()?;
    // Logging in has taken some of its life. Of the second that has begun nothing is counted.
    let left = held.home.confirmed()?["time_until_expiry_seconds"].as_u64().ok_or("it does not end")?;
    let had_lived = (LIVES_FOR - Duration::from_secs(1)).saturating_sub(Duration::from_secs(left));
    let (began, first) = (Instant::now(), held.token()?);
    // Whoever asks at any time gets a token that works.
    let (second, lived_for) = loop {
        let (token, lived_for) = (held.token()?, had_lived + began.elapsed());
        if let Err(finding) = speaks_for(&token, &held.userinfo, "alice") {
            // It may have ended on the way there: then there is another one.
            ensure(held.token()? != token, || finding)?;
            continue;
        }
        if token != first {
            break (token, lived_for);
        }
        ensure(lived_for < LIVES_FOR, || "its end has come, and it was not renewed".to_owned())?;
        thread::sleep(Duration::from_millis(300));
    };
    ensure(lived_for > LIVES_FOR / 2, || format!("renewed after {lived_for:?} of {LIVES_FOR:?}"))?;
    thread::sleep(Duration::from_secs(1));
    ensure(held.token()? == second, || "renewed again at once".to_owned())?;
    let asked = held.asked()?;
    let meant = serde_json::json!({ "authorization_code": 1, "refresh_token": 1, "userinfo": 1 });
    ensure(asked == meant, || format!("the server was asked for {asked} instead of {meant}"))
}

pub(super) fn oidc_revoke(world: &World) -> Done {
    let held = at_oidc(world, "oidc/revoke", "oidc-revoke")?.log_in()?;
    let first = held.token()?;
    let second = held.refresh()?;
    for token in [&first, &second] {
        speaks_for(token, &held.userinfo, "alice")?;
    }
    held.home.run(&["revoke", held.client], "")?.expect(0)?;
    held.home.nothing_kept()?;
    [first, second].iter().try_for_each(|token| held.refused(token))
}

pub(super) fn django(world: &World) -> Done {
    at_django(world, "django/refresh", "django-rotate")
}

pub(super) fn django_protected(world: &World) -> Done {
    at_django(world, "django/refresh-strict", "django-protected")
}

pub(super) fn doorkeeper(world: &World) -> Done {
    let (base, client) = (world.base(Server::Doorkeeper)?, "doorkeeper-rotate");
    let configuration = format!(
        "[providers.{client}]\nkind = \"oauth2\"\nauthorization_url = \"{base}/oauth/authorize\"\n\
         token_url = \"{base}/oauth/token\"\nrevocation_url = \"{base}/oauth/revoke\"\nuserinfo_url = \"{base}/api/me\"\n\
         client_id = \"{client}\"\nclient_auth = \"post\"\nclient_secret_env = \"CLIENT_SECRET\"\nscopes = [\"read\"]\n"
    );
    let home = Home::new(world, "doorkeeper/rotate", &configuration)?.with("CLIENT_SECRET", "known to the test");
    let held = Held { world, home, server: Server::Doorkeeper, client, userinfo: format!("{base}/api/me") }.log_in()?;
    // A token lives no longer than the one before it, which is 30 s: the last of many at once has 15 s to find the new one.
    let wanting_after = Duration::from_secs(16);
    held.rotate(Measure { at_once: 20, in_a_row: 10, wanting_after, min_ttl: "15s", old_ends: false })
}
