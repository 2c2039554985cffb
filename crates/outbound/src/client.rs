//! Owns sending: limits, and the translation of what the HTTP library says into [`NoAnswer`].

use std::{sync::OnceLock, time::Duration};

use grantkeep_core::{Answer, NoAnswer, Outgoing, Payload, Purpose};
use http::{HeaderValue, header};
use reqwest::redirect::Policy;
use zeroize::Zeroizing;

use crate::check_base_url;

/// The largest answer that is read.
const LARGEST: usize = 1024 * 1024;

const CONNECT_FOR: Duration = Duration::from_secs(5);

/// The one HTTP client. Built on first use: loading the system's certificates takes longer than everything else at start.
#[derive(Debug, Default)]
pub struct Client(OnceLock<reqwest::Client>);

impl Client {
    /// Sends a request and reads the whole answer, whatever its status. Redirects come back as answers.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, NoAnswer> {
        check_base_url(&outgoing.url).map_err(|_| NoAnswer::Forbidden)?;
        let limit = match outgoing.purpose {
            Purpose::Check => Duration::from_secs(15),
            Purpose::Token => Duration::from_secs(30),
        };
        let mut request = self.client()?.request(outgoing.method, outgoing.url).timeout(limit);
        for (name, value) in outgoing.headers {
            request = request.header(name, value);
        }
        if let Some(payload) = outgoing.body {
            let (content_type, text) = match payload {
                Payload::Form(text) => ("application/x-www-form-urlencoded", text),
                Payload::Json(text) => ("application/json", text),
            };
            let content_type = HeaderValue::from_static(content_type);
            request = request.header(header::CONTENT_TYPE, content_type).body(text.expose().to_owned());
        }
        let response = request.send().await.map_err(|error| reason(&error))?;
        read(response).await
    }

    fn client(&self) -> Result<&reqwest::Client, NoAnswer> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let built = build().map_err(|_| {
            tracing::error!("the HTTP client could not be built; are the system's certificates installed?");
            NoAnswer::Unreachable
        })?;
        Ok(self.0.get_or_init(|| built))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place where a client is built")]
fn build() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("grantkeep/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_FOR)
        // A redirect would carry the form, and with it the token, to wherever it points.
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
}

async fn read(mut response: reqwest::Response) -> Result<Answer, NoAnswer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(NoAnswer::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

/// Keeps the kind of the error only: its text has the URL in it.
fn reason(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        NoAnswer::Timeout
    } else if error.is_connect() {
        NoAnswer::Unreachable
    } else {
        NoAnswer::Broken
    }
}

#[cfg(test)]
mod tests;
