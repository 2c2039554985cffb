//! Logins at everything that the sandbox plays, from the beginning to the credential, without a browser.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grantkeep_core::{Answer, AuthorizationId, Flow, Progress, event::Action};

use super::*;

pub(super) const ACME: fn() -> Provider = || Provider::OAuth2(ProviderName::new("acme").unwrap());

#[expect(clippy::disallowed_methods, reason = "the sandbox has the real clock")]
pub(super) fn today() -> Timestamp {
    Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64)
}

/// A browser that has spent the ticket of a login.
struct Visitor {
    id: AuthorizationId,
    binding: String,
    to: Url,
}

pub(super) fn wish(provider: Provider) -> Begin {
    Begin { provider, account: None, instance: None, scope: None, flow: None, by_paste: false }
}

impl Stage {
    async fn get(&self, url: &str) -> Answer {
        let url: Url = url.parse().unwrap();
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        self.keeper.outbound.send(outgoing).await.unwrap()
    }

    async fn begin(&self, begin: Begin) -> (Begun, Visitor) {
        let begun = self.keeper.begin(&self.owner, begin.clone()).await;
        let begun = begun.unwrap_or_else(|fault| panic!("{begin:?}: {fault}"));
        let link = begun.connect_url.as_ref().unwrap().expose().to_owned();
        let ticket = link.strip_prefix(BASE).unwrap().strip_prefix("/connect/").unwrap();
        let invitation = self.keeper.invitation(ticket).await.unwrap();
        assert_eq!(invitation.id, begun.id);
        let spent = self.keeper.spend(ticket).await.unwrap();
        assert_eq!(self.keeper.spend(ticket).await.unwrap_err(), CaptureFault::TicketSpent);
        let visitor = Visitor { id: spent.id, binding: spent.binding.expose().to_owned(), to: spent.to };
        (begun, visitor)
    }

    /// Where the provider sends the browser of somebody who allows it, or does whatever `how` says.
    async fn sent_back(&self, to: &Url, how: &str) -> Url {
        let answer = self.get(&format!("{to}&{how}")).await;
        let place = answer.headers.get(http::header::LOCATION);
        let place = place.unwrap_or_else(|| panic!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
        place.to_str().unwrap().parse().unwrap()
    }

    async fn arrive(&self, visitor: &Visitor, at: &Url) -> Result<AuthorizationId, CaptureFault> {
        let binding = |id: &AuthorizationId| (*id == visitor.id).then(|| visitor.binding.clone());
        let (text, in_fragment) = match at.fragment() {
            Some(fragment) => (fragment, true),
            None => (at.query().unwrap_or_default(), false),
        };
        // What comes to a page that is not ours is carried over to our own.
        let path = if at.path() == "/blank.html" { "/callback/vk" } else { at.path() };
        self.keeper.capture(Arrival { path, text, in_fragment, binding: &binding }).await
    }

    pub(super) async fn log_in(&self, begin: Begin, how: &str) -> Credential {
        let provider = begin.provider;
        let (begun, visitor) = self.begin(begin).await;
        let back = self.sent_back(&visitor.to, how).await;
        self.arrive(&visitor, &back).await.unwrap();
        let attempt = self.keeper.authorization(&self.owner, provider, &begun.id).await.unwrap();
        assert_eq!((attempt.progress, attempt.cause), (Progress::Done, None));
        self.keeper.get(&self.owner, attempt.credential.unwrap()).await.unwrap()
    }

    async fn progress(&self, provider: Provider, id: &AuthorizationId) -> (Progress, String) {
        let attempt = self.keeper.authorization(&self.owner, provider, id).await.unwrap();
        (attempt.progress, attempt.cause.unwrap_or_default().into())
    }
}

fn seen(credential: &Credential) -> (&str, TokenKind, State) {
    (credential.account.as_str(), credential.grant.kind, credential.status(today()).state)
}

#[tokio::test]
async fn a_code_becomes_a_credential_at_a_configured_server() {
    let stage = Stage::at(today).await;
    let credential = stage.log_in(wish(ACME()), "auto=allow&person=vera").await;
    assert_eq!(seen(&credential), ("vera", TokenKind::OAuth2, State::Valid));
    assert!(credential.grant.refresh_token.is_some() && credential.grant.expiry.at().is_some());
    assert_eq!(credential.server.as_deref(), Some(&*stage.vk.oauth2_url()));
    let again = stage.log_in(wish(ACME()), "auto=allow&person=vera").await;
    assert_eq!(again.id, credential.id);
}

#[tokio::test]
async fn every_vk_flow_ends_in_a_credential() {
    let stage = Stage::at(today).await;
    for (flow, kind) in
        [(Flow::Implicit, TokenKind::VkUser), (Flow::VkId, TokenKind::VkId), (Flow::Code, TokenKind::VkUser)]
    {
        let begin = Begin { flow: Some(flow), account: Some(account(flow.as_str())), ..wish(Provider::Vk) };
        let credential = stage.log_in(begin, "auto=allow").await;
        assert_eq!(credential.grant.kind, kind, "{flow:?}");
        assert!(credential.evidence.is_confirmed(), "{flow:?}: {:?}", credential.evidence);
        assert_eq!(credential.grant.device_id.is_some(), flow == Flow::VkId);
    }
}

#[tokio::test]
async fn every_mastodon_ends_in_a_credential() {
    let stage = Stage::at(today).await;
    for (name, url) in stage.vk.mastodons() {
        let host = url.as_str().strip_prefix("http://").unwrap().trim_end_matches('/');
        let begin = Begin { instance: Some(host.to_owned()), ..wish(Provider::Mastodon) };
        let credential = stage.log_in(begin, "auto=allow&person=anna").await;
        let account = format!("anna@{host}");
        assert_eq!((credential.account.as_str(), credential.grant.kind), (&*account, TokenKind::Mastodon), "{name}");
        assert!(credential.evidence.is_confirmed(), "{name}: {:?}", credential.evidence);
        assert_eq!(credential.server.as_deref(), Some(&*format!("http://{host}")), "{name}");
        let checked = stage.keeper.check(&stage.owner, credential.id).await.unwrap();
        assert!(checked.evidence.is_confirmed(), "{name}: {:?}", checked.evidence);
    }
}

/// A device login that somebody has allowed, polled every second.
async fn allowed_device(stage: &Stage) -> AuthorizationId {
    let settings = format!("{}/sandbox/settings", stage.vk.oauth2_url());
    let post = async |url: Url, body: Payload| {
        let (purpose, method, headers) = (Purpose::Check, Method::POST, Vec::new());
        let outgoing = Outgoing { purpose, method, url, headers, body: Some(body) };
        assert!(stage.keeper.outbound.send(outgoing).await.unwrap().status < 300);
    };
    let quick = Secret::from(json!({"device_interval": 1}).to_string());
    post(settings.parse().unwrap(), Payload::Json(quick)).await;
    let begun = stage.keeper.begin(&stage.owner, Begin { flow: Some(Flow::Device), ..wish(ACME()) }).await.unwrap();
    let device = begun.device.unwrap();
    let body = format!("user_code={}&auto=allow&person=anna", device.user_code);
    post(device.verification_uri, Payload::Form(Secret::from(body))).await;
    begun.id
}

async fn until_ended(stage: &Stage, id: &AuthorizationId) -> (Progress, String) {
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if stage.progress(ACME(), id).await.0 != Progress::Pending {
            break;
        }
    }
    stage.progress(ACME(), id).await
}

#[tokio::test]
async fn a_device_code_becomes_a_credential() {
    let stage = Stage::at(today).await;
    let id = allowed_device(&stage).await;
    assert_eq!(until_ended(&stage, &id).await, (Progress::Done, String::new()));
}

/// The device code is spent by then.
#[tokio::test]
async fn what_a_device_login_brings_waits_for_storage() {
    let stage = Stage::at(today).await;
    let id = allowed_device(&stage).await;
    let other = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Longer than a write waits.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(stage.progress(ACME(), &id).await.0, Progress::Pending);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(until_ended(&stage, &id).await, (Progress::Done, String::new()));
}

/// What was sent comes once: after the end nobody could ask for it again.
#[tokio::test]
async fn an_orderly_end_waits_for_what_a_login_or_a_submit_has_sent() {
    let closing = async |stage: &Stage| {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.keeper.close().await.unwrap();
    };
    let stage = Stage::at(today).await;
    let (_, visitor) = stage.begin(wish(ACME())).await;
    let back = stage.sent_back(&visitor.to, "auto=allow&person=vera").await;
    stage.endpoint_answers("token", Some("slow:1")).await;
    let (arrived, ()) = tokio::join!(stage.arrive(&visitor, &back), closing(&stage));
    arrived.unwrap();

    let stage = Stage::at(today).await;
    let token = stage.token(json!({"kind": "user"})).await;
    stage.vk_answers("slow:1").await;
    let (submitted, ()) = tokio::join!(stage.submit(&token, None), closing(&stage));
    assert!(submitted.unwrap().verified);
}

#[tokio::test]
async fn what_is_wrong_ends_a_login_and_sends_nothing() {
    let stage = Stage::at(today).await;
    // Another browser.
    let (begun, visitor) = stage.begin(wish(ACME())).await;
    let back = stage.sent_back(&visitor.to, "auto=allow").await;
    let stranger = Visitor { binding: "another".to_owned(), ..visitor };
    assert_eq!(stage.arrive(&stranger, &back).await.unwrap_err(), CaptureFault::BindingMismatch);
    assert_eq!(stage.progress(ACME(), &begun.id).await, (Progress::Failed, "binding_mismatch".into()));
    // Another provider's address.
    let (begun, visitor) = stage.begin(wish(ACME())).await;
    let mut back = stage.sent_back(&visitor.to, "auto=allow").await;
    back.set_path("/callback/vk/id");
    assert_eq!(stage.arrive(&visitor, &back).await.unwrap_err(), CaptureFault::ContextMismatch);
    assert_eq!(stage.progress(ACME(), &begun.id).await, (Progress::Failed, "context_mismatch".into()));
    // Declined.
    let (begun, visitor) = stage.begin(wish(ACME())).await;
    let back = stage.sent_back(&visitor.to, "auto=deny").await;
    assert_eq!(stage.arrive(&visitor, &back).await.unwrap_err(), CaptureFault::Declined);
    assert_eq!(stage.progress(ACME(), &begun.id).await, (Progress::Denied, "access_denied".into()));
    // A second time.
    let (_, visitor) = stage.begin(wish(ACME())).await;
    let back = stage.sent_back(&visitor.to, "auto=allow").await;
    stage.arrive(&visitor, &back).await.unwrap();
    for _ in 0..3 {
        assert_eq!(stage.arrive(&visitor, &back).await.unwrap_err(), CaptureFault::StateUsed);
    }
    let deeds = stage.keeper.audit(&stage.owner, 0, 100).await.unwrap();
    let replays = deeds.iter().flatten().filter(|deed| deed.event.action == Action::Replay).count();
    assert_eq!(replays, 1, "anybody may come again and again");
}

#[tokio::test]
async fn what_a_login_leads_to_can_be_pasted() {
    let stage = Stage::at(today).await;
    let mastodon = stage.vk.mastodons()[0].1.as_str().to_owned();
    let cases = [
        (ACME(), None, Flow::Code),
        (Provider::Vk, None, Flow::Implicit),
        (Provider::Vk, None, Flow::VkId),
        (Provider::Mastodon, Some(mastodon), Flow::Code),
    ];
    for (provider, instance, flow) in cases {
        let begin = Begin { instance, flow: Some(flow), by_paste: true, ..wish(provider) };
        let begun = stage.keeper.begin(&stage.owner, begin).await.unwrap();
        assert!(begun.connect_url.is_none());
        let to: Url = begun.authorization_url.as_ref().unwrap().expose().parse().unwrap();
        let answer = stage.get(&format!("{to}&auto=allow")).await;
        let text = match answer.headers.get(http::header::LOCATION) {
            Some(place) => place.to_str().unwrap().to_owned(),
            None => {
                let page = String::from_utf8(answer.body.to_vec()).unwrap();
                shown_code(&page).to_owned()
            }
        };
        let submission = |text: &str| Submission {
            text: Secret::from(text),
            account: None,
            authorization: Some(begun.id.clone()),
            instance: None,
        };
        // What cannot be read ends nothing.
        let wrong = stage.keeper.submit(&stage.owner, provider, submission("not what was meant")).await.unwrap_err();
        assert!(matches!(wrong, KeepFault::NoCode(_) | KeepFault::NotTaken(_)), "{wrong:?}");
        let submitted = stage.keeper.submit(&stage.owner, provider, submission(&text)).await;
        assert!(submitted.unwrap_or_else(|fault| panic!("{provider} {flow:?}: {fault}: {text}")).verified);
        let again = stage.keeper.submit(&stage.owner, provider, submission(&text)).await.unwrap_err();
        assert_eq!(again, KeepFault::AuthorizationEnded);
    }
}

/// The code on a page that shows one.
fn shown_code(page: &str) -> &str {
    let start = page.find("<code").unwrap_or_else(|| panic!("no code on {page}"));
    let rest = &page[start..];
    let rest = &rest[rest.find('>').unwrap() + 1..];
    &rest[..rest.find('<').unwrap()]
}
