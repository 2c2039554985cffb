//! Owns sending: limits, and the translation of what the HTTP library says into [`NoAnswer`].
//!
//! There are several of the library's clients inside, one for the public internet and one for what the configuration lets go anywhere.
//! Each has its own connections, so a request never rides on one that its own verdict would not have allowed; and what may be spent
//! by a request has a connection to itself.

use std::{sync::OnceLock, time::Duration};

use grantkeep_core::{Answer, NoAnswer, Outgoing, Payload, Purpose};
use http::{HeaderMap, HeaderValue, header};
use reqwest::redirect::Policy;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    AddressFault, Rules, check_url,
    resolve::{Lookup, Resolver},
    rule::Reach,
};

/// The largest answer that is read.
const LARGEST: usize = 1024 * 1024;

/// What has come when the time is over can be read within that.
const MOMENT: Duration = Duration::from_millis(500);

/// The one HTTP client. The clients inside are built on first use: loading the system's certificates takes longer than
/// everything else at start.
#[derive(Debug, Default)]
pub struct Client {
    rules: Rules,
    limits: Limits,
    lookup: Lookup,
    /// Whose connections are kept for the next request.
    usual: Pair,
    /// Whose connections serve one request. A server may close a kept one at the very moment when a request leaves, and then nobody
    /// knows whether it was read: no matter for a question, but a refresh token or a code may be spent.
    one_shot: Pair,
}

#[derive(Debug, Default)]
struct Pair {
    public: OnceLock<reqwest::Client>,
    anywhere: OnceLock<reqwest::Client>,
}

/// How long things may take.
#[derive(Debug)]
struct Limits {
    /// Name, connection and TLS together.
    connect_for: Duration,
    check_for: Duration,
    token_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let [connect_for, check_for, token_for] = [5, 15, 30].map(Duration::from_secs);
        Self { connect_for, check_for, token_for }
    }
}

impl Limits {
    const fn of(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::Check => self.check_for,
            Purpose::Token => self.token_for,
        }
    }
}

impl Client {
    /// A client whose requests go where `rules` let them.
    pub fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// The same, which looks names up in another place than the system's: a test has names of its own.
    #[must_use]
    pub fn looking_up(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// A client for the Grantkeep server that somebody named with `--server`, and for nothing else. It may be on a private
    /// network; plain http goes to this machine only. To a `base` that [`crate::check_base_url`] refuses, nothing is sent.
    /// It is given longer than it gives a provider.
    pub fn to_own_server(base: &Url) -> Self {
        let patience = Duration::from_secs(60);
        let limits = Limits { check_for: patience, token_for: patience, ..Limits::default() };
        Self { rules: Rules::own_server(base), limits, ..Self::default() }
    }

    /// Sends a request and reads the whole answer, whatever its status. Redirects come back as answers.
    ///
    /// What the rules refuse by the URL alone is [`NoAnswer::Forbidden`]. Everything that is learnt by trying is one reason,
    /// [`NoAnswer::Unreachable`], so that nobody can map a private network by it: no such name, a name that leads inside,
    /// refused, filtered, not TLS.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, NoAnswer> {
        let reach = self.rules.judge(&outgoing.url).map_err(|_| NoAnswer::Forbidden)?;
        let limit = self.limits.of(outgoing.purpose);
        let request = request(self.client(reach, outgoing.purpose)?, outgoing);
        let mut exchange = std::pin::pin!(exchange(request));
        if let Ok(answer) = tokio::time::timeout(limit, &mut exchange).await {
            return answer;
        }
        // This process may have been stopped, and the answer have come meanwhile: it is read before it is called lost.
        tokio::time::timeout(MOMENT, exchange).await.unwrap_or(Err(NoAnswer::Timeout))
    }

    /// What can be told of a URL before any request: see [`crate::check_url`].
    pub fn check(&self, url: &Url) -> Result<(), AddressFault> {
        check_url(url, &self.rules)
    }

    fn client(&self, reach: Reach, purpose: Purpose) -> Result<&reqwest::Client, NoAnswer> {
        let pair = match purpose {
            Purpose::Check => &self.usual,
            Purpose::Token => &self.one_shot,
        };
        let place = match reach {
            Reach::Anywhere => &pair.anywhere,
            Reach::Public => &pair.public,
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let built = self.build(reach, purpose).map_err(|_| {
            tracing::error!("the HTTP client could not be built; are the system's certificates installed?");
            NoAnswer::Unreachable
        })?;
        Ok(place.get_or_init(|| built))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place where a client is built")]
    fn build(&self, reach: Reach, purpose: Purpose) -> reqwest::Result<reqwest::Client> {
        // Without this some servers compress unasked, and we would have to undo it within limits.
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        reqwest::Client::builder()
            .user_agent(concat!("grantkeep/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(self.limits.connect_for)
            .dns_resolver(Resolver { lookup: self.lookup.clone(), reach })
            .https_only(reach == Reach::Public)
            // A redirect would carry the form, and with it the token, to wherever it points.
            .redirect(Policy::none())
            .referer(false)
            // A proxy would resolve names by itself, past the resolver.
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(if purpose == Purpose::Token { 0 } else { usize::MAX })
            .build()
    }
}

fn request(client: &reqwest::Client, outgoing: Outgoing) -> reqwest::RequestBuilder {
    let mut request = client.request(outgoing.method, outgoing.url);
    for (name, value) in outgoing.headers {
        request = request.header(name, value);
    }
    let Some(payload) = outgoing.body else { return request };
    let (content_type, text) = match payload {
        Payload::Form(text) => ("application/x-www-form-urlencoded", text),
        Payload::Json(text) => ("application/json", text),
    };
    request.header(header::CONTENT_TYPE, HeaderValue::from_static(content_type)).body(text.expose().to_owned())
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(|error| reason(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > LARGEST {
        return Err(NoAnswer::TooLarge);
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced));
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        append(&mut body, &chunk)?;
    }
    Ok(Answer { status, headers, body })
}

/// Grows in few steps, so that little is held twice, and wipes what was outgrown: it may hold a secret.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) -> Result<(), NoAnswer> {
    let length = body.len() + chunk.len();
    if length > LARGEST {
        return Err(NoAnswer::TooLarge);
    }
    if length > body.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(LARGEST.min(length * 4)));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
    Ok(())
}

/// Keeps the kind of the error only: its text has the URL in it.
fn reason(error: &reqwest::Error) -> NoAnswer {
    // First: a connection that is filtered times out, and must look like one that is refused.
    if error.is_connect() {
        NoAnswer::Unreachable
    } else if error.is_timeout() {
        NoAnswer::Timeout
    } else {
        NoAnswer::Broken
    }
}

#[cfg(test)]
mod tests;
