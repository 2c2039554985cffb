//! Owns the way from a captured code or token to a stored credential, and what that means for its authorization.
//!
//! A code is sent once. Whatever then goes wrong, it is never sent again: some servers revoke what the first answer gave.

use std::sync::Arc;

use grantkeep_core::{
    Answer, Authorization, Expiry, Flow, NewAuthorization, NoAnswer, Outcome, Outgoing, Progress, Provider, Scope,
    Secret, Subject, TokenKind, redirect::Stated as StatedInText,
};
use grantkeep_mastodon::{self as mastodon, Server, Software};
use grantkeep_oauth::{
    Client, Method, Scopes, TokenAnswer, TokenFault, Tolerance, Verifier,
    id_token::{self, Claims, Expected},
    token::{self, Stated},
};
use grantkeep_vk as vk;

use crate::{
    KeepFault, Keeper, Submitted,
    ask::{Reading, Told, Whom, nameless},
    attempt::{Frozen, Secrets},
    submit::Incoming,
};

/// What a token endpoint proves by giving a token, and that it was that which did.
const GRANTED: &str = "granted";
const TOKEN_ENDPOINT: &str = "token_endpoint";

/// What came back.
#[derive(Debug)]
pub(crate) enum Captured {
    /// Nothing, and nothing will: the application asks for itself.
    Alone,
    /// A code, to be exchanged.
    Code { code: Secret, device_id: Option<Secret> },
    /// Tokens, by device code.
    Granted(Box<TokenAnswer>),
    /// A token, out of a fragment.
    Token { access_token: Secret, kind: TokenKind, lifetime: Option<StatedInText>, claimed: Option<Subject> },
}

/// What was granted.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) kind: TokenKind,
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) device_id: Option<Secret>,
    pub(crate) expiry: Expiry,
    pub(crate) scope: Scope,
    /// Whom the answer, or the fragment, claims it to be for.
    pub(crate) claimed: Option<Subject>,
    /// What an ID token says.
    pub(crate) claims: Option<Claims>,
    /// Whether the provider itself has just given it to us, which proves that it lives.
    pub(crate) is_fresh: bool,
}

impl Keeper {
    /// Asks for a token for the application itself. How it comes out stands in the authorization.
    pub(crate) async fn ask_for_itself(self: Arc<Self>, begun: Authorization) {
        let id = &begun.begun.id;
        if let Err(fault) = self.claim_and_ask(&begun).await {
            tracing::warn!(%fault, authorization = id.as_str(), "a login could not go on");
        }
    }

    async fn claim_and_ask(self: &Arc<Self>, begun: &Authorization) -> Result<(), KeepFault> {
        let frozen = Frozen::of(begun)?;
        let _flight = self.flights.begin()?;
        // Unless it was given up meanwhile.
        if self.store.claim(&begun.begun.id, self.now()).await? {
            drop(self.complete(begun, &frozen, Captured::Alone).await);
        }
        Ok(())
    }

    /// Goes through with an authorization that has been claimed, and ends it as it comes out. Whoever calls this has begun a flight
    /// before claiming it: an orderly end of the program waits, because what is sent is sent once.
    pub(crate) async fn complete(
        self: &Arc<Self>,
        found: &Authorization,
        frozen: &Frozen,
        captured: Captured,
    ) -> Result<Submitted, KeepFault> {
        let result = self.obtain(found, frozen, captured).await;
        let (progress, cause, credential) = match &result {
            Ok(submitted) => (Progress::Done, String::new(), Some(submitted.credential.id)),
            Err(fault) => {
                let (progress, cause) = fault.ends_as();
                (progress, cause, None)
            }
        };
        let ended = self.end(found, progress, &cause, credential).await;
        if let (Ok(submitted), Err(fault)) = (&result, ended) {
            // The credential is there; that the authorization does not say so yet is the lesser harm.
            tracing::warn!(%fault, credential = submitted.credential.id, "the end of a login could not be written down");
        }
        result
    }

    async fn obtain(
        self: &Arc<Self>,
        found: &Authorization,
        frozen: &Frozen,
        captured: Captured,
    ) -> Result<Submitted, KeepFault> {
        let secrets = self.open_secrets(found)?;
        let granted = match captured {
            Captured::Alone => self.grant_to_itself(found, frozen, &secrets).await?,
            Captured::Code { code, device_id } => self.exchange(found, frozen, &secrets, code, device_id).await?,
            Captured::Granted(answer) => self.granted(found, frozen, *answer)?,
            Captured::Token { access_token, kind, lifetime, claimed } => {
                let kind = if found.begun.provider == Provider::Vk { kind } else { TokenKind::OAuth2 };
                let expiry = match lifetime {
                    Some(StatedInText::Never) if kind == TokenKind::OAuth2 => Expiry::Unstated,
                    Some(StatedInText::Never) => Expiry::Never,
                    Some(StatedInText::For(lifetime)) => Expiry::Stated(self.now().after(lifetime)),
                    None => vk::usual_expiry(kind, self.now()),
                };
                Granted {
                    kind,
                    access_token,
                    refresh_token: None,
                    device_id: None,
                    expiry,
                    scope: Scope { asked: frozen.scope.clone().map(Into::into), granted: None },
                    claimed,
                    claims: None,
                    is_fresh: false,
                }
            }
        };
        let whom = self.whom(found, frozen, &granted)?;
        let reading = self.ask_fresh(&found.begun, &granted, &whom).await?;
        let begun = &found.begun;
        let incoming = Incoming::new(begun, granted, reading, self.now());
        let submitted = self.store_incoming(incoming).await?;
        Ok(submitted)
    }

    /// Asks as ourselves, for ourselves (RFC 6749 §4.4).
    async fn grant_to_itself(
        &self,
        found: &Authorization,
        frozen: &Frozen,
        secrets: &Secrets,
    ) -> Result<Granted, KeepFault> {
        let endpoint = Frozen::endpoint(frozen.token.as_deref())?;
        let method = Method::from_name(&frozen.method).unwrap_or(Method::None);
        let client = Client { id: &frozen.client_id, secret: secrets.client_secret.as_ref(), method };
        let outgoing = token::client_credentials(&endpoint, &client, frozen.scope.as_deref(), &[]);
        let answer = self.send_once(outgoing).await?;
        self.granted(found, frozen, token::read(&answer).map_err(refused)?)
    }

    /// Sends the code.
    async fn exchange(
        &self,
        found: &Authorization,
        frozen: &Frozen,
        secrets: &Secrets,
        code: Secret,
        device_id: Option<Secret>,
    ) -> Result<Granted, KeepFault> {
        let endpoint = Frozen::endpoint(frozen.token.as_deref())?;
        let redirect_uri = found.begun.redirect_uri.as_deref();
        let verifier = secrets.verifier.as_ref().map(|text| Verifier::from_kept(text.copy()));
        let secret = secrets.client_secret.as_ref();
        let state = self.secret_text();
        let outgoing = match (found.begun.provider, found.begun.flow, &verifier) {
            (Provider::Vk, Flow::VkId, Some(verifier)) => {
                let exchange = vk::id::Exchange {
                    app_id: &frozen.client_id,
                    service_token: secret,
                    redirect_uri: redirect_uri.unwrap_or_default(),
                    verifier,
                    device_id: device_id.as_ref(),
                    state: &state,
                };
                exchange.request(&endpoint, &code)
            }
            (Provider::Vk, ..) => {
                vk::code::exchange(&endpoint, &frozen.client_id, secret, &code, redirect_uri.unwrap_or_default())
            }
            _ => {
                let method = Method::from_name(&frozen.method).unwrap_or(Method::None);
                let client = Client { id: &frozen.client_id, secret, method };
                token::exchange(&endpoint, &client, &code, redirect_uri, verifier.as_ref(), &[])
            }
        };
        let answer = self.send_once(outgoing).await?;
        // VK does not state the token's type in its legacy flow.
        let read = if found.begun.provider == Provider::Vk { token::read_untyped } else { token::read };
        let answer = read(&answer).map_err(refused)?;
        let is_id = found.begun.flow == Flow::VkId;
        if is_id && answer.state.as_ref().is_some_and(|told| told.expose() != state.expose()) {
            return Err(KeepFault::ExchangeRefused("state_mismatch".into()));
        }
        let device_id = answer.device_id.as_ref().map(Secret::copy).or(device_id);
        Ok(Granted { device_id: device_id.filter(|_| is_id), ..self.granted(found, frozen, answer)? })
    }

    /// Sends what must not be sent twice. No answer after it went out means that nobody knows.
    async fn send_once(&self, outgoing: Outgoing) -> Result<Answer, KeepFault> {
        self.outbound.send(outgoing).await.map_err(|reason| match reason {
            NoAnswer::Forbidden | NoAnswer::Unreachable => KeepFault::ProviderAway {
                what: format!("the provider could not be reached for the token: {reason}"),
                advice: "Check the network, and begin the login again",
            },
            NoAnswer::Broken | NoAnswer::Timeout | NoAnswer::TooLarge => {
                KeepFault::ExchangeUnknown(reason.as_str().into())
            }
        })
    }

    /// What a token answer comes to, at each kind of provider.
    fn granted(&self, found: &Authorization, frozen: &Frozen, answer: TokenAnswer) -> Result<Granted, KeepFault> {
        let now = self.now();
        let kind = match (found.begun.provider, found.begun.flow) {
            (Provider::Mastodon, _) => TokenKind::Mastodon,
            (Provider::OAuth2(_), Flow::ClientCredentials) => TokenKind::OAuth2Client,
            (Provider::OAuth2(_), _) => TokenKind::OAuth2,
            (Provider::Vk, Flow::VkId) => TokenKind::VkId,
            (Provider::Vk, _) => TokenKind::VkUser,
        };
        let is_own = kind == TokenKind::OAuth2Client;
        let claimed = match found.begun.provider {
            _ if is_own => Some(Subject::Application),
            Provider::Vk => answer.user_id.as_deref().and_then(vk::user_id).map(Subject::User),
            _ => None,
        };
        let claims = match (found.begun.provider, &answer.id_token) {
            (Provider::OAuth2(_), Some(token)) if !is_own => self.claims(frozen, token)?,
            _ => None,
        };
        let expiry = match (kind, answer.lifetime) {
            (TokenKind::Mastodon, stated) => mastodon::token::expiry(software(frozen), stated, now),
            (_, Stated::For(lifetime)) => Expiry::Stated(now.after(lifetime)),
            (TokenKind::VkUser, Stated::Zero) => Expiry::Never,
            (kind, _) => vk::usual_expiry(kind, now),
        };
        Ok(Granted {
            kind,
            expiry,
            scope: Scope { asked: frozen.scope.clone().map(Into::into), granted: answer.scope.map(Into::into) },
            access_token: answer.access_token,
            // An application needs none: it shows its secret again (§4.4.3).
            refresh_token: answer.refresh_token.filter(|_| !is_own),
            device_id: None,
            claimed,
            claims,
            is_fresh: true,
        })
    }

    /// What an ID token says. One that is wrong makes all of its answer unusable (OpenID Connect Core §3.1.3.7); one of a server
    /// whose issuer nobody configured cannot be judged, and says nothing.
    fn claims(&self, frozen: &Frozen, token: &Secret) -> Result<Option<Claims>, KeepFault> {
        let Some(issuer) = &frozen.issuer else { return Ok(None) };
        let expected = Expected {
            issuer,
            tolerance: Tolerance::Exact,
            client_id: &frozen.client_id,
            nonce: None,
            now: self.now(),
        };
        id_token::read(token, &expected).map(Some).map_err(|fault| {
            tracing::warn!(%fault, "an ID token was refused, and with it the answer that it came in");
            KeepFault::ExchangeRefused("id_token_refused".into())
        })
    }

    fn whom(&self, found: &Authorization, frozen: &Frozen, granted: &Granted) -> Result<Whom, KeepFault> {
        Ok(match found.begun.provider {
            Provider::Vk => Whom::Vk(granted.kind),
            Provider::Mastodon => {
                let server = found.begun.server.as_deref().and_then(Server::from_kept);
                let scopes = granted.scope.granted.as_ref().or(granted.scope.asked.as_ref());
                Whom::Mastodon {
                    server: server.ok_or(KeepFault::damaged("server"))?,
                    software: software(frozen),
                    scopes: scopes.map(|scopes| Scopes::parse(scopes)),
                }
            }
            Provider::OAuth2(_) => match &frozen.userinfo {
                Some(url) => Whom::UserInfo(Some(Frozen::endpoint(Some(url))?)),
                None => Whom::UserInfo(None),
            },
        })
    }

    /// Asks about a token that has just been granted.
    async fn ask_fresh(&self, whose: &NewAuthorization, granted: &Granted, whom: &Whom) -> Result<Reading, KeepFault> {
        if granted.kind == TokenKind::OAuth2Client {
            let (account, subject) = (nameless(whose.provider, whose.server.as_deref()), Subject::Application);
            let told = Some(Told { kind: granted.kind, subject, account });
            let (outcome, cause) = (Outcome::Alive, GRANTED.into());
            return Ok(Reading { outcome, cause, asked: TOKEN_ENDPOINT, told });
        }
        let mut reading = self.ask(&granted.access_token, whom).await;
        if let Some(claims) = &granted.claims {
            let said = Subject::Person(claims.sub.as_str().into());
            match &reading.told {
                Some(told) if told.subject != said => {
                    return Err(KeepFault::ExchangeRefused("subject_mismatch".into()));
                }
                Some(_) => {}
                None => reading.told = Some(Reading::told_by(claims)),
            }
        }
        let nobody_to_ask = matches!(whom, Whom::UserInfo(None));
        if granted.is_fresh && nobody_to_ask {
            reading.confirm(GRANTED, TOKEN_ENDPOINT);
        }
        Ok(reading)
    }
}

fn software(frozen: &Frozen) -> Software {
    frozen.software.as_deref().and_then(Software::from_name).unwrap_or(Software::Unknown)
}

/// What a token endpoint's fault means for a code that was sent.
fn refused(fault: TokenFault) -> KeepFault {
    match fault {
        TokenFault::Refused(refusal) if !refusal.code.is_transient() => {
            KeepFault::ExchangeRefused(fault.cause().into())
        }
        _ => KeepFault::ExchangeUnknown(fault.cause().into()),
    }
}
