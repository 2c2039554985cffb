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

/// How a provider is away, and whether it is certain then that a refresh token is not spent.
const ANSWERS: &[(&str, bool)] = &[("http:503", true), ("html", true), (DOWN, true), ("hang", false), ("reset", false)];
const DOWN: &str = "nobody listens";

/// A host that lost one answer is sent no further refresh token: all of them must have left before the first answer is lost.
const LOST_LATE: &str = "slow:8";

/// Seconds that a token in doubt has left.
const LEFT: i64 = 30;

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
            "reset" => {
                self.renewing.token_endpoint(LOST_LATE);
                self.renewing.token_endpoint("reset");
            }
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

impl Away {
    /// Is away while the tokens are due.
    fn for_a_while(mut self) {
        self.renewing.stage.end();
        self.renewing.age(ALMOST_OVER);
        self.begins();
        self.renewing.stage.serve_again();
        self.lasts();
        for owner in &self.renewing.owners {
            until(&format!("{}: {owner} is tried again", self.what), SOON, || {
                (self.renewing.status(owner)["cause"] == "trying_again").then_some(())
            });
        }
        self.ends();
        self.are_renewed(Instant::now());
    }

    /// Leaves every token in doubt. Until it has ended it is not risked once more, and that is in some seconds.
    fn with_doubt(mut self) {
        self.renewing.stage.end();
        self.begins();
        self.renewing.age(3600 - LEFT);
        self.renewing.stage.serve_again();
        self.renewing.until_sent(3);
        for owner in self.renewing.owners.iter().filter(|_| self.what == "reset") {
            until(&format!("{owner} is in doubt"), SOON, || {
                (self.renewing.status(owner)["state"] == "ambiguous").then_some(())
            });
        }
        self.lasts();
        assert_eq!(self.renewing.site().refreshes().len(), 3, "{}: sent again while the token lives", self.what);
        self.ends();
        self.are_renewed(Instant::now());
        assert_eq!(self.renewing.site().refreshes().len(), 6, "{}: each was sent once more", self.what);
    }

    fn lasts(&self) {
        let begun = Instant::now();
        while begun.elapsed() < AWAY_FOR {
            self.goes_on();
            thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn whoever_is_away_for_a_while_costs_no_token() {
    at_once(ANSWERS.iter().map(|(what, is_certain)| {
        move || {
            let away = Away::new(what);
            if *is_certain { away.for_a_while() } else { away.with_doubt() }
        }
    }));
}
