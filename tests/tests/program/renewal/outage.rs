//! Outages of a provider while tokens are due: none is declared dead, what lives is handed out to its end, and all are renewed
//! when it is back.

use std::{
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    login::{LoginStage, Plan},
    provider::Providers,
    relay::Relay,
    wait::{at_once, until},
};
use serde_json::Value;

use super::{ALMOST_OVER, Renewing, SOON, token_in};

/// Answers that leave it open whether a refresh token is spent: such tokens are tried again when they have ended.
const DOUBTFUL: &[&str] = &["hang", "reset"];

/// Answers of somebody who takes no refresh tokens; nobody listens, at last.
const CERTAIN: &[&str] = &["http:503", "html", DOWN];
const DOWN: &str = "nobody listens";

/// How long an outage lasts here.
const AWAY_FOR: Duration = Duration::from_secs(4);

/// A provider that can be away.
struct Away {
    what: &'static str,
    renewing: Renewing,
    relay: Relay,
    old: Vec<String>,
}

impl Away {
    fn new(what: &'static str) -> Self {
        let providers = Providers::new();
        let mut plan = Plan::of(&providers);
        let relay = Relay::new(providers.acme.host().parse().unwrap());
        plan.config = providers.config_by_hand("acme", &format!("http://127.0.0.1:{}/token", relay.port));
        let renewing = Renewing::with(LoginStage::with(providers, plan), 3);
        let old = renewing.owners.iter().map(|owner| renewing.handed(owner)).collect();
        Self { what, renewing, relay, old }
    }

    fn begins(&mut self) {
        match self.what {
            DOWN => self.relay.close(),
            answer => self.renewing.token_endpoint(answer),
        }
    }

    fn ends(&mut self) {
        match self.what {
            DOWN => self.relay.open(),
            _ => self.renewing.site().mend(),
        }
    }

    /// What lives is handed out, and said to be going on; nobody is sent for.
    #[track_caller]
    fn goes_on(&self) {
        for (owner, old) in self.renewing.owners.iter().zip(&self.old) {
            let status = self.renewing.status(owner);
            let state = status["state"].as_str().unwrap();
            assert!(["refreshing", "ambiguous"].contains(&state), "{}: {status}", self.what);
            assert_eq!((&status["next_action"], &status["renews"]), (&"wait".into(), &true.into()), "{}", self.what);
            let reply = self.renewing.client(owner).get("/api/v1/oauth/acme/token?wait=0");
            let handed = reply.expect(200);
            assert_eq!(
                (&token_in(&handed), &handed.json()["below_min_ttl"]),
                (old, &Value::Bool(true)),
                "{}",
                self.what
            );
        }
    }

    #[track_caller]
    fn are_renewed(&self, begun: Instant) {
        for (owner, old) in self.renewing.owners.iter().zip(&self.old) {
            until(&format!("{}: {owner} is renewed", self.what), SOON, || {
                let status = self.renewing.status(owner);
                // It may have ended meanwhile, but nobody has refused it.
                let state = status["state"].as_str().unwrap();
                assert!(["refreshing", "ambiguous", "expired", "valid"].contains(&state), "{}: {status}", self.what);
                assert_eq!(status["renews"], true, "{}: {status}", self.what);
                (state == "valid").then_some(())
            });
            let new = self.renewing.handed(owner);
            assert!(new != *old && self.renewing.site().knows(&new), "{}: {owner}", self.what);
        }
        println!("{:<14} all are renewed {:?} after its end", self.what, begun.elapsed());
    }
}

#[test]
fn whoever_is_away_for_a_while_costs_no_token() {
    at_once(CERTAIN.iter().map(|what| {
        move || {
            let mut away = Away::new(what);
            away.renewing.stage.end();
            away.renewing.age(ALMOST_OVER);
            away.begins();
            away.renewing.stage.serve_again();
            let begun = Instant::now();
            while begun.elapsed() < AWAY_FOR {
                away.goes_on();
                thread::sleep(Duration::from_millis(200));
            }
            for owner in &away.renewing.owners {
                assert_eq!(away.renewing.status(owner)["cause"], "trying_again", "{what}");
            }
            away.ends();
            away.are_renewed(Instant::now());
        }
    }));
}

/// A token that ends in some seconds: until then it is not risked once more.
#[test]
fn a_token_in_doubt_is_renewed_when_it_has_ended() {
    const LEFT: i64 = 12;
    at_once(DOUBTFUL.iter().map(|what| {
        move || {
            let mut away = Away::new(what);
            away.renewing.stage.end();
            away.begins();
            away.renewing.age(3600 - LEFT);
            away.renewing.stage.serve_again();
            let begun = Instant::now();
            away.renewing.until_sent(3);
            while begun.elapsed() < AWAY_FOR {
                away.goes_on();
                thread::sleep(Duration::from_millis(200));
            }
            assert_eq!(away.renewing.site().refreshes().len(), 3, "{what}: sent again while the token lives");
            away.ends();
            away.are_renewed(Instant::now());
            let sent = away.renewing.site().refreshes().len();
            assert_eq!(sent, 6, "{what}: each was sent once more");
        }
    }));
}
