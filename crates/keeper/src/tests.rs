//! The use cases against the emulated VK and a real database.

use std::{collections::HashSet, sync::Arc};

use grantkeep_core::{
    Account, Credential, Expiry, Lifetime, Outcome, Outgoing, Owner, Payload, Provider, ProviderName, Purpose, Secret,
    State, Timestamp, TokenKind,
};
use grantkeep_outbound::{Client, Rules};
use grantkeep_sandbox::{Options as SandboxOptions, Sandbox};
use grantkeep_seal::MasterKey;
use grantkeep_store::{Due, Options, SqliteStore, Store};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::*;

mod audit;
mod clock;
mod crash;
mod forecast;
mod herd;
mod login;
mod notice;
mod outage;
mod renewal;
mod watch;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A keeper over an emulated VK.
struct Stage {
    keeper: Arc<Keeper>,
    store: Arc<dyn Store>,
    vk: Sandbox,
    owner: Owner,
    directory: TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self::at(|| NOW).await
    }

    async fn at(now: fn() -> Timestamp) -> Self {
        let vk = grantkeep_sandbox::start(SandboxOptions { listen: ([127, 0, 0, 1], 0).into() }).await.unwrap();
        let directory = TempDir::new().unwrap();
        let options = Options { path: directory.path().join("grantkeep.db"), alone: true };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&options).unwrap());
        let sealer = unlock(&*store, |_| MasterKey::generate(), NOW).await.unwrap();
        let mut rules = Rules::default();
        let sites = [vk.vk_url(), vk.oauth2_url()].map(|url| url.parse().unwrap());
        sites.iter().chain(vk.mastodons().iter().map(|(_, url)| url)).for_each(|url| rules.configured(url));
        let providers = providers(&vk);
        let world = World { now, random, steady };
        let outbound = Client::new(rules);
        let keeper = Keeper::new(Parts { store: Arc::clone(&store), sealer, outbound, providers, world });
        Self { keeper: Arc::new(keeper), store, vk, owner: Owner::new("me").unwrap(), directory }
    }

    async fn ask_vk(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.vk.vk_url()).parse().unwrap();
        let body = Some(Payload::Json(Secret::from(body.to_string())));
        let outgoing = Outgoing { purpose: Purpose::Check, method, url, headers: Vec::new(), body };
        serde_json::from_slice(
            &Client::to_own_server(&self.vk.vk_url().parse().unwrap()).send(outgoing).await.unwrap().body,
        )
        .unwrap()
    }

    async fn token(&self, of: Value) -> String {
        let minted = self.ask_vk(Method::POST, "/sandbox/tokens", of).await;
        minted["access_token"].as_str().unwrap().to_owned()
    }

    async fn vk_answers(&self, answer: &str) {
        self.ask_vk(Method::POST, "/sandbox/faults", json!({ "answer": answer })).await;
    }

    async fn vk_recovers(&self) {
        self.ask_vk(Method::DELETE, "/sandbox/faults", json!({})).await;
    }

    async fn submit(&self, text: &str, name: Option<&str>) -> Result<Submitted, KeepFault> {
        let account = name.map(account);
        let submission = Submission { text: Secret::from(text), account, authorization: None, instance: None };
        self.keeper.submit(&self.owner, Provider::Vk, submission).await
    }

    async fn handed_out(&self, name: Option<&str>) -> Result<String, KeepFault> {
        let account = name.map(account);
        let min_ttl = Lifetime::from_minutes(10);
        let wanted = Wanted {
            owner: &self.owner,
            provider: Provider::Vk,
            account: account.as_ref(),
            min_ttl,
            wait: std::time::Duration::from_secs(5),
        };
        let handed = self.keeper.hand_out(wanted).await?;
        Ok(handed.access_token.expose().to_owned())
    }
}

/// Everything that the sandbox plays.
fn providers(sandbox: &Sandbox) -> Providers {
    providers_at(&sandbox.vk_url(), &sandbox.oauth2_url(), sandbox.oauth2_client())
}

/// VK and the plain server, played by another process.
fn providers_at(vk: &str, oauth2: &str, (client_id, secret): (&str, &str)) -> Providers {
    let url = |text: &str| Url::parse(text).unwrap();
    let acme = OAuth2Settings {
        issuer: Some(Issuer::new(oauth2).unwrap()),
        client_secret: Some(Secret::from(secret)),
        scopes: ["openid", "profile", "offline_access"].map(str::to_owned).to_vec(),
        ..OAuth2Settings::new(ProviderName::new("acme").unwrap(), client_id)
    };
    Providers {
        vk: VkSettings {
            redirect_uri: url(&format!("{vk}/blank.html")),
            oauth_url: url(vk),
            api_url: url(vk),
            ..VkSettings::default()
        },
        vk_id: Some(VkIdSettings { app_id: "51000002".to_owned(), service_token: None, url: url(&format!("{vk}/id")) }),
        vk_code: Some(VkCodeSettings { app_id: "54249533".to_owned(), secret: Secret::from("sandbox-not-a-secret") }),
        oauth2: vec![acme, robot(oauth2, (client_id, secret)), bare(oauth2, (client_id, secret))],
        base: url(BASE),
        hosts: vec!["127.0.0.1:8000".to_owned(), "localhost:8000".to_owned()],
    }
}

/// The same server, asked for the application itself.
fn robot(base: &str, (client_id, secret): (&str, &str)) -> OAuth2Settings {
    OAuth2Settings {
        grant: GrantType::ClientCredentials,
        issuer: Some(Issuer::new(base).unwrap()),
        client_secret: Some(Secret::from(secret)),
        scopes: ["read", "write"].map(str::to_owned).to_vec(),
        ..OAuth2Settings::new(ProviderName::new("robot").unwrap(), client_id)
    }
}

/// The same server by its addresses alone, without one that tells whose a token is.
fn bare(base: &str, client: (&str, &str)) -> OAuth2Settings {
    let at = |path: &str| Some(Endpoint::new(format!("{base}/{path}").parse().unwrap()).unwrap());
    OAuth2Settings {
        name: ProviderName::new("bare").unwrap(),
        grant: GrantType::AuthorizationCode,
        issuer: None,
        authorization_url: at("authorize"),
        token_url: at("token"),
        scopes: vec!["read".to_owned()],
        ..robot(base, client)
    }
}

#[expect(clippy::disallowed_methods, reason = "tests hold the real clock")]
fn steady() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

const BASE: &str = "http://127.0.0.1:8000";

fn random() -> [u8; 16] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

impl Keeper {
    /// Asks about what is due now, and waits for it.
    async fn ask_about_due(self: &Arc<Self>) -> Result<(), KeepFault> {
        let mut checks = crate::watch::Checks::default();
        self.begin_checks(&mut checks).await?;
        checks.ended().await;
        Ok(())
    }
}

fn account(name: &str) -> Account {
    Account::new(name).unwrap()
}

fn state(credential: &Credential) -> State {
    credential.status(NOW).state
}

#[tokio::test]
async fn each_kind_of_token_gets_its_name_and_lifetime() {
    let stage = Stage::new().await;
    let day = Some(Lifetime::from_hours(24));
    for (of, name, kind, lifetime) in [
        (json!({"kind": "user", "id": 100_001}), "vk_100001", TokenKind::VkUser, day),
        (json!({"kind": "vk_id", "id": 100_002}), "vk_100002", TokenKind::VkId, Some(Lifetime::from_hours(1))),
        (json!({"kind": "community", "id": 200_001}), "vk_club200001", TokenKind::VkCommunity, None),
        (json!({"kind": "service"}), "vk_app", TokenKind::VkService, None),
    ] {
        let token = stage.token(of).await;
        let submitted = stage.submit(&token, None).await.unwrap();
        assert_eq!(submitted.credential.account.as_str(), name);
        let ends_at = lifetime.map(|lifetime| NOW.after(lifetime));
        let grant = &submitted.credential.grant;
        assert_eq!((grant.kind, grant.expiry.at()), (kind, ends_at), "{name}");
        assert!(submitted.verified && submitted.created);
        assert_eq!(stage.handed_out(Some(name)).await.unwrap(), token);
    }
    assert_eq!(stage.handed_out(None).await.unwrap_err(), KeepFault::AccountAmbiguous);
}

#[tokio::test]
async fn another_persons_token_never_replaces_one() {
    let stage = Stage::new().await;
    let anna = stage.token(json!({"kind": "user", "id": 100_001})).await;
    let boris = stage.token(json!({"kind": "user", "id": 100_002})).await;
    let first = stage.submit(&anna, Some("mine")).await.unwrap();
    assert_eq!(stage.submit(&boris, Some("mine")).await.unwrap_err(), KeepFault::OwnerChanged);
    // While VK gives no clear answer, only the same claim may replace.
    stage.vk_answers("http:502").await;
    let unclear = KeepFault::ProviderUnavailable("http_502".into());
    assert_eq!(stage.submit(&boris, Some("mine")).await.unwrap_err(), unclear);
    let claims = |token: &str, user: u64| format!("#access_token={token}&expires_in=86400&user_id={user}");
    assert_eq!(stage.submit(&claims(&boris, 100_002), Some("mine")).await.unwrap_err(), unclear);
    assert_eq!(stage.handed_out(Some("mine")).await.unwrap(), anna);
    // A lie about whose it is is found out when VK answers again, and the token is not handed out after that.
    let liar = stage.submit(&claims(&boris, 100_001), Some("mine")).await.unwrap();
    assert_eq!((liar.credential.id, liar.verified), (first.credential.id, false));
    stage.vk_recovers().await;
    let found_out = stage.keeper.check(&stage.owner, liar.credential.id).await.unwrap();
    assert_eq!((state(&found_out), found_out.status(NOW).cause), (State::NeedsHuman, "owner_changed"));
    assert_eq!(stage.handed_out(Some("mine")).await.unwrap_err(), KeepFault::Unusable(State::NeedsHuman));
}

#[tokio::test]
async fn an_unverified_token_gets_its_name_when_vk_answers() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "community", "id": 200_001})).await;
    stage.vk_answers("html").await;
    let waiting = stage.submit(&token, None).await.unwrap().credential;
    assert_eq!((waiting.account.as_str(), state(&waiting)), ("vk_unverified", State::Unverified));
    assert!(matches!(waiting.grant.expiry, Expiry::Assumed(_)));
    assert_eq!(waiting.check_at, Some(NOW.after(Lifetime::from_seconds(30))));
    stage.vk_recovers().await;
    let named = stage.keeper.check(&stage.owner, waiting.id).await.unwrap();
    assert_eq!((named.id, named.account.as_str()), (waiting.id, "vk_club200001"));
    // It has just come in, by this clock: it is looked at once more, in some minutes.
    let next = Some(named.check_at.unwrap().max(NOW.after(Lifetime::from_minutes(1))));
    assert_eq!((named.grant.expiry, named.check_at, state(&named)), (Expiry::Never, next, State::Valid));
}

/// A person's credential, and an unverified newer token of the same person beside it.
async fn waiting_beside_known() -> (Stage, Arc<Credential>, Arc<Credential>, String) {
    let stage = Stage::new().await;
    let of = json!({"kind": "user", "id": 100_001});
    let (old, new) = (stage.token(of.clone()).await, stage.token(of).await);
    let known = stage.submit(&old, None).await.unwrap().credential;
    stage.vk_answers("reset").await;
    let waiting = stage.submit(&new, None).await.unwrap().credential;
    assert_ne!(waiting.id, known.id);
    stage.vk_recovers().await;
    (stage, known, waiting, new)
}

#[tokio::test]
async fn an_unverified_token_of_a_known_person_goes_to_their_account() {
    let (stage, known, waiting, new) = waiting_beside_known().await;
    let settled = stage.keeper.check(&stage.owner, waiting.id).await.unwrap();
    assert_eq!((settled.id, settled.account.as_str()), (known.id, "vk_100001"));
    assert_eq!(stage.handed_out(None).await.unwrap(), new);
    assert_eq!(stage.keeper.get(&stage.owner, waiting.id).await.unwrap_err(), KeepFault::NotFound);
}

#[tokio::test]
async fn nothing_is_absorbed_while_it_is_being_renewed() {
    let (stage, known, waiting, new) = waiting_beside_known().await;
    for id in [known.id, waiting.id] {
        let row = stage.keeper.get(&stage.owner, id).await.unwrap();
        let until = NOW.after(Lifetime::from_seconds(90));
        let mut leased = stage.store.lease(&row, NOW, until).await.unwrap().unwrap();
        let checked = stage.keeper.check(&stage.owner, waiting.id).await.unwrap();
        assert_eq!(
            (checked.id, checked.account.as_str(), state(&checked)),
            (waiting.id, "vk_unverified", State::Valid)
        );
        assert_eq!(checked.check_at, Some(until));
        leased = stage.keeper.get(&stage.owner, leased.id).await.unwrap();
        leased.renewal.leased_until = None;
        stage.store.update(leased).await.unwrap();
    }
    let settled = stage.keeper.check(&stage.owner, waiting.id).await.unwrap();
    assert_eq!((settled.id, settled.account.as_str()), (known.id, "vk_100001"));
    assert_eq!(stage.handed_out(None).await.unwrap(), new);
}

#[tokio::test]
async fn a_token_that_came_while_vk_was_asked_about_the_one_before_is_not_removed_with_it() {
    let stage = Stage::new().await;
    let of = json!({"kind": "user", "id": 100_001});
    let (old, new) = (stage.token(of.clone()).await, stage.token(of).await);
    stage.vk_answers("reset").await;
    let waiting = stage.submit(&old, None).await.unwrap().credential;
    stage.vk_recovers().await;
    let mut known = Arc::unwrap_or_clone(stage.submit(&new, None).await.unwrap().credential);
    known.evidence.captured_at = NOW.after(Lifetime::from_seconds(1));
    stage.store.replace(known, None).await.unwrap();

    stage.vk_answers("slow:1").await;
    let (keeper, owner) = (Arc::clone(&stage.keeper), stage.owner.clone());
    let id = waiting.id;
    let checking = tokio::spawn(async move { keeper.check(&owner, id).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut other = (*waiting).clone();
    other.grant.generation += 1;
    stage.store.replace(other, None).await.unwrap();
    assert_eq!(checking.await.unwrap().unwrap().grant.generation, 2);
    assert_eq!(stage.keeper.get(&stage.owner, id).await.unwrap().grant.generation, 2);
}

#[tokio::test]
async fn what_vk_refuses_for_good_is_not_stored() {
    let stage = Stage::new().await;
    for (answers, outcome) in [
        ("error:5:ip", Outcome::OtherAddress),
        ("error:5:expired", Outcome::Expired),
        ("error:5:revoked", Outcome::Revoked),
        ("error:5:blocked", Outcome::AccountBlocked),
        ("error:8:blocked", Outcome::AppBlocked),
        ("error:101", Outcome::Misconfigured),
    ] {
        let token = stage.token(json!({"kind": "user", "answers": answers})).await;
        let fault = stage.submit(&token, None).await.unwrap_err();
        assert!(matches!(fault, KeepFault::Refused { outcome: found, .. } if found == outcome), "{answers}: {fault:?}");
    }
    assert_eq!(stage.store.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_token_that_dies_later_is_no_longer_handed_out() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "user"})).await;
    let kept = stage.submit(&token, Some("mine")).await.unwrap().credential;
    for (answer, expected) in [
        ("http:503", State::Valid),
        ("error:5:ip", State::IpMismatch),
        ("error:14", State::NeedsHuman),
        ("error:5:session", State::Revoked),
    ] {
        stage.vk_answers(answer).await;
        assert_eq!(state(&stage.keeper.check(&stage.owner, kept.id).await.unwrap()), expected, "{answer}");
        assert_eq!(stage.handed_out(Some("mine")).await.is_ok(), expected == State::Valid, "{answer}");
        stage.vk_recovers().await;
    }
    assert_eq!(state(&stage.keeper.check(&stage.owner, kept.id).await.unwrap()), State::Valid);
}

#[tokio::test]
async fn the_watcher_asks_about_what_is_due_and_nothing_else() {
    let stage = Stage::new().await;
    let (due, settled) = (stage.token(json!({"kind": "user"})).await, stage.token(json!({"kind": "user"})).await);
    stage.submit(&settled, Some("settled")).await.unwrap();
    stage.vk_answers("empty").await;
    let mut waiting = Arc::unwrap_or_clone(stage.submit(&due, Some("waiting")).await.unwrap().credential);
    stage.vk_recovers().await;
    stage.keeper.ask_about_due().await.unwrap();
    assert_eq!(state(&stage.keeper.get(&stage.owner, waiting.id).await.unwrap()), State::Unverified, "not due yet");
    waiting.check_at = Some(NOW);
    stage.store.update(waiting.clone()).await.unwrap();
    let asked =
        async || stage.ask_vk(Method::GET, "/sandbox/requests", json!({})).await["methods"]["users.get"].clone();
    let before = asked().await.as_u64().unwrap();
    stage.keeper.ask_about_due().await.unwrap();
    assert_eq!(state(&stage.keeper.get(&stage.owner, waiting.id).await.unwrap()), State::Valid);
    assert_eq!(asked().await.as_u64().unwrap(), before + 1);
    // What has just come in is looked at once more, in some minutes.
    let next = stage.store.next_due(Due::Check, NOW).await.unwrap().unwrap();
    assert!(next >= NOW.after(Lifetime::from_minutes(1)) && next <= NOW.after(Lifetime::from_minutes(5)), "{next}");
}

#[tokio::test]
async fn a_blob_of_another_row_does_not_open() {
    let stage = Stage::new().await;
    for name in ["one", "two"] {
        let token = stage.token(json!({"kind": "user"})).await;
        stage.submit(&token, Some(name)).await.unwrap();
    }
    let find = async |name: &str| {
        let found = stage.keeper.find(&stage.owner, Provider::Vk, Some(&account(name))).await.unwrap();
        found.unwrap().credential
    };
    let (one, two) = (find("one").await, find("two").await);
    let mut forged = (*one).clone();
    forged.grant.access_token = two.grant.access_token.clone();
    stage.store.update(forged).await.unwrap();
    assert!(matches!(stage.handed_out(Some("one")).await.unwrap_err(), KeepFault::Seal(_)));
    assert_eq!(stage.keeper.examine().await.unwrap().sealed_shut, [one.id]);
    assert!(stage.handed_out(Some("two")).await.is_ok());
}
