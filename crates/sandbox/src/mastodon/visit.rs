//! Owns one request on its way through an emulated server: what was asked, of whom, when, and how its client shows itself.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use grantkeep_core::{Secret, Timestamp};

use super::fault::Fault;
use super::param::Params;
use super::personality::{ClientAuth, Ids, Personality, TokenText};
use super::store::{App, Store};
use crate::ask::Ask;
use crate::desk::Wanted;
use crate::seal;

/// One request.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) ask: &'a Ask,
    pub(super) params: Params,
    pub(super) personality: &'static Personality,
    pub(super) store: &'a mut Store,
    /// By the server's clock, which may have been put ahead.
    pub(super) now: Timestamp,
    /// `http://127.0.0.1:8003`, by the request's `Host`.
    pub(super) base: String,
    /// Faults that change whom or what a grant is for.
    pub(super) wanted: &'a Wanted,
}

/// The id and the secret that a client showed.
type Shown = (Option<String>, Option<Secret>);

impl Visit<'_> {
    /// The host, with its port.
    pub(super) fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// What stands behind `@` in handles.
    pub(super) fn handle_domain(&self) -> &str {
        self.store.settings.handle_domain.as_deref().unwrap_or_else(|| self.host())
    }

    /// The client of a request to the token or the revocation endpoint, by the personality's rule.
    pub(super) fn client(&self) -> Result<Arc<App>, Fault> {
        let rule = self.personality.exchange.client;
        let basic = self.basic();
        let in_params = |name| self.params.text(name).map(str::to_owned);
        let params: Shown = (in_params("client_id"), in_params("client_secret").map(Secret::from));
        let (id, secret) = match (rule, basic) {
            (ClientAuth::BodyOnly | ClientAuth::Unchecked, _) | (ClientAuth::BasicFirst, None) => params,
            (ClientAuth::BasicFirst, Some(basic)) => basic,
            (ClientAuth::IdInBody, basic) => (params.0, params.1.or_else(|| basic.and_then(|(_, secret)| secret))),
            (ClientAuth::Identical, Some(basic)) => identical(basic, &params)?,
            (ClientAuth::Identical, None) => params,
            (ClientAuth::OneMethod, Some(basic)) => match self.params.text("client_secret") {
                Some(_) => return Err(Fault::TwoMethods),
                None => basic,
            },
            (ClientAuth::OneMethod, None) => {
                let in_body = |name| self.params.body_text(name).map(str::to_owned);
                (in_body("client_id"), in_body("client_secret").map(Secret::from))
            }
        };
        let app = id.and_then(|id| self.store.app(&id)).ok_or(Fault::BadClient)?;
        let is_right = secret.is_some_and(|secret| secret.expose() == app.secret.expose());
        if is_right || rule == ClientAuth::Unchecked { Ok(app) } else { Err(Fault::BadClient) }
    }

    /// RFC 6749 §2.3.1.
    fn basic(&self) -> Option<Shown> {
        let sealed = self.ask.authorization("basic")?;
        let text = String::from_utf8(BASE64_STANDARD.decode(sealed.expose()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((Some(id.to_owned()), Some(Secret::from(secret))))
    }

    /// A new identifier, in the personality's form.
    pub(super) fn new_id(&mut self) -> Result<String, Fault> {
        Ok(match self.personality.registration.ids {
            Ids::Hex => seal::random_letters(HEX, 32)?,
            Ids::Random => seal::random(32)?,
            // The first letter of a ULID is 0 until the year 3084.
            Ids::Ulid => format!("01{}", seal::random_letters(CROCKFORD, 24)?),
            Ids::Uuid => uuid()?,
        })
    }

    /// A new client secret, in the personality's form.
    pub(super) fn new_secret(&mut self) -> Result<Secret, Fault> {
        let secret = match self.personality.registration.ids {
            Ids::Hex => seal::random_letters(HEX, 32)?,
            Ids::Random => seal::random(32)?,
            Ids::Ulid | Ids::Uuid => uuid()?,
        };
        Ok(Secret::from(secret))
    }

    /// A new token, in the personality's form.
    pub(super) fn new_token(&mut self) -> Result<Secret, Fault> {
        Ok(Secret::from(match self.personality.exchange.token {
            TokenText::Hex => seal::random_letters(HEX, 32)?,
            TokenText::Jwt => {
                let header = seal::base64url(br#"{"typ":"JWT","alg":"RS256"}"#);
                format!("{header}.{}.{}", seal::random(260)?, seal::random(512)?)
            }
            TokenText::Random => seal::random(32)?,
        }))
    }
}

const HEX: &[u8] = b"0123456789abcdef";
const CROCKFORD: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Version 4, as RFC 9562 writes it.
fn uuid() -> Result<String, Fault> {
    let digits = seal::random_letters(HEX, 32)?;
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let (one, two, three, four, five) = (part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32));
    Ok(format!("{one}-{two}-4{three}-a{four}-{five}"))
}

/// The credentials, if both ways show the same or one shows none.
fn identical(basic: Shown, params: &Shown) -> Result<Shown, Fault> {
    let same_id = params.0.is_none() || params.0 == basic.0;
    let same_secret = match (&params.1, &basic.1) {
        (Some(one), Some(other)) => one.expose() == other.expose(),
        _ => true,
    };
    if same_id && same_secret { Ok(basic) } else { Err(Fault::TwoMethods) }
}
