//! `kill -9` at random moments under load, a hundred times: what was answered is there and opens. And in the middle of a login,
//! when the code is out and its answer is not back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    browser::FROM_ELSEWHERE,
    chance::Chance,
    http::Client,
    login::{Kind, LoginStage, MASTODON},
    stage::{SUBMIT, Stage},
    vk::Vk,
    wait::{at_once, until},
};
use serde_json::{Value, json};

const ROUNDS: usize = 100;
const SUBMITTERS: usize = 8;

/// Accounts that each submitter writes again and again, besides a new one in every round.
const ACCOUNTS: usize = 2;

/// What one submitter knows of one account.
#[derive(Debug, Default)]
struct Known {
    account: String,
    /// The token of the last submit that was answered.
    answered: Option<String>,
    /// The one after it, of which no answer came.
    unanswered: Option<String>,
}

impl Known {
    fn of(account: String) -> Self {
        Self { account, ..Self::default() }
    }

    /// Submits one more token; whether an answer came.
    fn submit(&mut self, client: &Client, vk: &Vk) -> bool {
        let token = vk.token(1);
        let body = json!({"token_data": token.url, "account_name": self.account}).to_string();
        match client.try_call("POST", SUBMIT, Some(&body)) {
            Ok(reply) => {
                assert_eq!(reply.status, 200, "{}", reply.body);
                (self.answered, self.unanswered) = (Some(token.access_token), None);
                true
            }
            Err(_) => {
                self.unanswered = Some(token.access_token);
                false
            }
        }
    }

    /// Looks what is there now: the answered token, or the one that was on its way.
    fn verify(&mut self, client: &Client) {
        let status = client.status(&self.account);
        let handed = client.hand_out(&self.account);
        if self.answered.is_none() && handed.status == 404 {
            assert_eq!(status["has_token"], false);
            self.unanswered = None;
            return;
        }
        assert_eq!((&status["has_token"], &status["is_valid"]), (&true.into(), &true.into()), "{status}");
        let token = handed.expect(200).json()["access_token"].as_str().unwrap().to_owned();
        let fits = [&self.answered, &self.unanswered].into_iter().any(|known| known.as_ref() == Some(&token));
        assert!(fits, "{} has neither the answered token nor the one after it", self.account);
        (self.answered, self.unanswered) = (Some(token), None);
    }
}

#[test]
fn what_was_answered_survives_a_hundred_kills() {
    let mut stage = Stage::new();
    let mut chance = Chance::seeded(0x6772_616e_746b_6565);
    let mut known: Vec<Vec<Known>> = (0..SUBMITTERS)
        .map(|number| (0..ACCOUNTS).map(|account| Known::of(format!("s{number}-{account}"))).collect())
        .collect();
    let mut answered = 0;
    let begun = Instant::now();
    for round in 0..ROUNDS {
        let moment = Duration::from_micros(chance.between(30_000, 250_000));
        let (client, killed) = (stage.client("me"), AtomicBool::new(false));
        answered += thread::scope(|scope| {
            let submitting: Vec<_> = (known.iter_mut().enumerate())
                .map(|(number, known)| {
                    let (client, vk, killed) = (&client, &stage.vk, &killed);
                    scope.spawn(move || load(known, &format!("s{number}-new-{round}"), client, vk, killed))
                })
                .collect();
            thread::sleep(moment);
            rustix::process::kill_process(stage.server.id(), rustix::process::Signal::KILL).unwrap();
            killed.store(true, Ordering::Relaxed);
            submitting.into_iter().map(|job| job.join().unwrap()).sum::<usize>()
        });
        stage.server.ended();
        // Now and then it dies again while it starts.
        if chance.between(0, 4) == 0 {
            let moment = Duration::from_micros(chance.between(0, 60_000));
            stage.home.serve().at(&stage.vk).with_secret().go_and_die(moment);
        }
        stage.serve_again();
        let client = stage.client("me");
        at_once(known.iter_mut().map(|known| || verify_latest(known, &client)));
        if round % 10 == 9 {
            is_sound(&stage);
        }
    }
    println!("{answered} answered submits, {ROUNDS} kills, {:?}", begun.elapsed());
    assert!(answered > ROUNDS * 4, "there was hardly any load: {answered} answered submits");
    let client = stage.client("me");
    at_once(known.iter_mut().map(|known| || known.iter_mut().for_each(|known| known.verify(&client))));
    is_sound(&stage);
}

/// Submits until the server is gone: to the old accounts in turn, and once to a new one. Gives how many were answered.
fn load(known: &mut Vec<Known>, new: &str, client: &Client, vk: &Vk, killed: &AtomicBool) -> usize {
    known.push(Known::of(new.to_owned()));
    let last = known.len() - 1;
    let mut answered = 0;
    for turn in 0.. {
        let which = if turn == 1 { last } else { turn % ACCOUNTS };
        if !known[which].submit(client, vk) || killed.load(Ordering::Relaxed) {
            return answered;
        }
        answered += 1;
    }
    answered
}

/// The accounts that may have changed in this round, and one that must not have.
fn verify_latest(known: &mut [Known], client: &Client) {
    let last = known.len() - 1;
    for which in (0..ACCOUNTS).chain([last, ACCOUNTS + last / 2 % (last - ACCOUNTS + 1)]) {
        known[which].verify(client);
    }
}

fn is_sound(stage: &Stage) {
    let outcome = stage.run("doctor --json").go();
    let findings: Value = serde_json::from_str(&outcome.done()).unwrap();
    for what in ["database", "stored secrets", "disk"] {
        let finding = findings["findings"].as_array().unwrap().iter().find(|finding| finding["what"] == what).unwrap();
        assert_eq!(finding["level"], "ok", "{finding}");
    }
}

/// Nobody knows what the provider answered, and the code must not be sent again: the login has failed, and does not hang.
#[test]
fn a_login_that_is_killed_while_its_code_is_out_has_failed() {
    const KINDS: [Kind; 5] = [Kind::Acme, MASTODON, Kind::VkId, Kind::VkCode, Kind::Implicit];
    let mut stage = LoginStage::new();
    let held = KINDS.map(|kind| (kind, stage.held(kind.title().split(' ').next_back().unwrap(), kind)));
    let waiting = stage.begin("waiting", Kind::Acme);
    let hang = |endpoint: &str| json!({"answer": "hang", "endpoint": endpoint});
    stage.providers.acme.fault(&hang("token"));
    stage.providers.mastodon("mastodon-4.6").fault(&hang("token"));
    for endpoint in ["oauth2/auth", "access_token", "users.get"] {
        stage.providers.vk.fault(&hang(endpoint));
    }
    thread::scope(|scope| {
        for (_, held) in &held {
            let (mut browser, url, in_fragment) = (held.browser.clone(), held.url.clone(), held.in_fragment);
            scope.spawn(move || {
                let fragment = json!({"fragment": url.fragment().unwrap_or_default()}).to_string();
                let headers = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")];
                // Nobody ever answers.
                let cut = match in_fragment {
                    true => browser.try_send("POST", &url, &headers, Some(&fragment)),
                    false => browser.try_send("GET", &url, &FROM_ELSEWHERE, None),
                };
                cut.unwrap_err();
            });
        }
        let asked = |kind| match kind {
            Kind::Implicit => stage.providers.vk.asked()["methods"]["users.get"] == 1,
            kind => stage.exchanges(kind) == 1,
        };
        until("every code is out", Duration::from_secs(60), || KINDS.into_iter().all(asked).then_some(()));
        for (kind, held) in &held {
            assert_eq!(held.login.fate(), "pending", "{kind:?}: claimed before the exchange, and told as pending");
        }
        stage.crash();
    });
    for (kind, mut held) in held {
        assert_eq!(held.login.fate(), "failed interrupted", "{kind:?}");
        let reply = held.arrive();
        assert_eq!((reply.status, reply.error_type().as_str()), (400, "state_used"), "{kind:?}");
        assert_eq!(
            (stage.exchanges(kind), held.login.client.list().len()),
            (usize::from(!held.in_fragment), 0),
            "{kind:?}"
        );
    }
    assert_eq!(waiting.fate(), "pending", "what nobody came back for yet goes on");
}
