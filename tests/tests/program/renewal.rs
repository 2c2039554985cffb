//! Renewals by the real program: a refresh token is sent once, whoever wants it and however many; whatever happens meanwhile, the
//! token lives, or it is said to be in doubt; and nothing is sent while what comes back could not be kept.
//!
//! Hours cannot be waited for: rows are made older while no program has the database.

use std::{collections::HashSet, time::Duration};

use grantkeep_tests::harness::{
    http::{Client, Reply},
    login::{Kind, LoginStage},
    program::Outcome,
    provider::Site,
    wait::{at_once, until},
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

#[path = "renewal/crash.rs"]
mod crash;
#[path = "renewal/ending.rs"]
mod ending;
#[path = "renewal/outage.rs"]
mod outage;
#[path = "renewal/race.rs"]
mod race;
#[path = "renewal/storage.rs"]
mod storage;

/// So much of a token's hour has passed when 200 s are left: it is due, and works.
const ALMOST_OVER: i64 = 3400;

/// Longer than any renewal, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// Owners with one token of the plain server each.
struct Renewing {
    stage: LoginStage,
    owners: Vec<String>,
}

/// What the database says about an owner's only token.
#[derive(Debug)]
struct Row {
    generation: i64,
    is_leased: bool,
    is_spooled: bool,
}

impl Renewing {
    fn new(count: usize) -> Self {
        Self::with(LoginStage::new(), count)
    }

    fn with(stage: LoginStage, count: usize) -> Self {
        let owners: Vec<_> = (0..count).map(|number| format!("owner-{number}")).collect();
        at_once(owners.iter().map(|owner| || assert_eq!(stage.log_in(owner, Kind::Acme).fate(), "done")));
        Self { stage, owners }
    }

    fn site(&self) -> &Site {
        &self.stage.providers.acme
    }

    fn client(&self, owner: &str) -> Client {
        self.stage.client(owner)
    }

    fn run(&self, line: &str, owner: &str) -> Outcome {
        self.stage.run(line).arg("--owner").arg(owner).go()
    }

    fn database(&self) -> Connection {
        let database = Connection::open(self.stage.home.file("grantkeep.db")).unwrap();
        database.busy_timeout(SOON).unwrap();
        database
    }

    /// Makes every token older.
    #[track_caller]
    fn age(&self, seconds: i64) {
        let sql = "UPDATE credential SET captured_at = captured_at - ?1, expires_at = expires_at - ?1, \
             renew_at = renew_at - ?1";
        assert_eq!(self.database().execute(sql, [seconds]).unwrap(), self.owners.len());
    }

    /// Lets whoever was renewing have had their time, and makes the tokens due that they had not renewed.
    fn end_leases(&self, generations: &[i64]) {
        let database = self.database();
        for (owner, generation) in self.owners.iter().zip(generations) {
            let sql = "UPDATE credential SET captured_at = captured_at - ?1, expires_at = expires_at - ?1, \
                 renew_at = renew_at - ?1, leased_until = leased_until - 91 WHERE owner = ?2 AND generation = ?3";
            database.execute(sql, params![ALMOST_OVER, owner, generation]).unwrap();
        }
        database.execute("UPDATE spool SET leased_until = leased_until - 91", []).unwrap();
    }

    #[track_caller]
    fn row(&self, owner: &str) -> Row {
        let sql = "SELECT generation, leased_until IS NOT NULL, \
             EXISTS (SELECT 1 FROM spool WHERE spool.uid = credential.uid AND spool.generation = credential.generation) \
             FROM credential WHERE owner = ?1";
        let read =
            |row: &rusqlite::Row| Ok(Row { generation: row.get(0)?, is_leased: row.get(1)?, is_spooled: row.get(2)? });
        self.database()
            .query_row(sql, [owner], read)
            .optional()
            .unwrap()
            .unwrap_or_else(|| panic!("{owner} has no row"))
    }

    fn generations(&self) -> Vec<i64> {
        self.owners.iter().map(|owner| self.row(owner).generation).collect()
    }

    fn spooled(&self) -> i64 {
        self.database().query_row("SELECT count(*) FROM spool", [], |row| row.get(0)).unwrap()
    }

    /// What the server says about an owner's only token.
    #[track_caller]
    fn status(&self, owner: &str) -> Value {
        only(self.client(owner).list())
    }

    /// Asks the server for an owner's only token.
    #[track_caller]
    fn ask(&self, owner: &str, min_ttl: u64) -> Reply {
        self.client(owner).get(&format!("/api/v1/oauth/acme/token?min_ttl={min_ttl}"))
    }

    /// The token that the server hands out now, however little is left of it.
    #[track_caller]
    fn handed(&self, owner: &str) -> String {
        token_in(&self.ask(owner, 0).expect(200))
    }

    /// Asks the server to renew an owner's token now, whoever waits for it.
    fn refresh(&self, owner: &str) -> impl FnOnce() -> Option<Reply> + Send + 'static {
        let (client, id) = (self.client(owner), self.status(owner)["id"].clone());
        move || client.try_call("POST", &format!("/api/v1/credentials/{id}/refresh"), None).ok()
    }

    /// Waits until so many refresh tokens came to the provider.
    #[track_caller]
    fn until_sent(&self, count: usize) {
        until("the refresh tokens are sent", SOON, || (self.site().refreshes().len() == count).then_some(()));
    }

    /// Lets the provider's token endpoint answer so.
    #[track_caller]
    fn token_endpoint(&self, answer: &str) {
        self.site().fault(&json!({"answer": answer, "endpoint": "token"}));
    }
}

#[track_caller]
fn only(mut credentials: Vec<Value>) -> Value {
    assert_eq!(credentials.len(), 1, "{credentials:?}");
    credentials.remove(0)
}

#[track_caller]
fn token_in(reply: &Reply) -> String {
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// Nothing came twice.
#[track_caller]
fn are_different(sent: &[String]) {
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), sent.len(), "a refresh token was sent twice");
}

/// How a token is renewed again and again, and which refresh tokens are sent for that.
struct Chain {
    title: &'static str,
    kind: Kind,
    rotation: Option<&'static str>,
}

const TIMES: usize = 10;

#[rustfmt::skip]
const CHAINS: &[&[Chain]] = &[
    &[
        Chain { title: "oauth2 strict",   kind: Kind::Acme, rotation: Some("strict") },
        Chain { title: "oauth2 tolerant", kind: Kind::Acme, rotation: Some("tolerant") },
        Chain { title: "oauth2 none",     kind: Kind::Acme, rotation: Some("none") },
    ],
    &[Chain { title: "vk_id",             kind: Kind::VkId, rotation: None }],
    &[Chain { title: "pixelfed",          kind: Kind::Mastodon("pixelfed"), rotation: None }],
    &[Chain { title: "akkoma",            kind: Kind::Mastodon("akkoma"), rotation: None }],
];

#[test]
fn ten_renewals_in_a_row_at_every_kind_of_server() {
    let mut stage = LoginStage::new();
    for chain in CHAINS.iter().copied().flatten() {
        assert_eq!(stage.log_in(&owner_of(chain), chain.kind).fate(), "done", "{}", chain.title);
    }
    stage.end();
    at_once(CHAINS.iter().map(|chains| {
        let stage = &stage;
        move || chains.iter().for_each(|chain| renew_ten_times(stage, chain))
    }));
}

fn owner_of(chain: &Chain) -> String {
    chain.title.replace(' ', "-")
}

fn renew_ten_times(stage: &LoginStage, chain: &Chain) {
    let Chain { title, kind, rotation } = chain;
    let (acme, owner) = (&stage.providers.acme, owner_of(chain));
    if let Some(rotation) = rotation {
        acme.set(&json!({"rotation": rotation}));
        acme.forget_requests();
    }
    let run = |line: &str| stage.run(&format!("{line} --owner {owner}")).go();
    let provider = kind.provider();
    let mut tokens = HashSet::from([run(&format!("token {provider}")).done()]);
    for number in 1..=TIMES {
        let said = run(&format!("refresh {provider}")).done();
        assert!(said.contains("is renewed"), "{title}, {number}: {said}");
        assert!(tokens.insert(run(&format!("token {provider}")).done()), "{title}, {number}: the same token again");
    }
    let checked: Value = serde_json::from_str(&run(&format!("status {provider} --check --json")).done()).unwrap();
    let checked = only(checked["credentials"].as_array().unwrap().clone());
    assert_eq!((&checked["state"], &checked["renews"]), (&json!("valid"), &json!(true)), "{title}: {checked}");
    if let Some(rotation) = rotation {
        let sent = acme.refreshes();
        let different = sent.iter().collect::<HashSet<_>>().len();
        let expected = if *rotation == "none" { 1 } else { TIMES };
        assert_eq!((sent.len(), different), (TIMES, expected), "{title}");
    }
    println!("{title:<16} {TIMES} renewals, {} tokens", tokens.len());
}
