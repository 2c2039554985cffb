//! Owns one attempt as the API tells it: how it begins, how it is waited for, how it is given up.

use std::time::Duration;

use grantkeep_core::{AuthorizationId, Progress};
use http::Method;
use serde_json::Value;
use url::Url;

use crate::{
    api::Api,
    fault::{CliFault, Kind},
    process::Stop,
    setting::is_local,
    text,
};

/// How long a beginning that nobody wants any more is waited for.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// How long an exchange that is under way may take to end: longer than the limit for token endpoints.
const EXCHANGE_FOR: Duration = Duration::from_secs(35);

/// Between two questions: to this process or the one beside it, and to a server elsewhere.
const NEAR: Duration = Duration::from_millis(100);
const FAR: Duration = Duration::from_secs(1);

/// How many questions in a row may go without an answer.
const MISSED: u32 = 5;

/// An attempt that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) provider: String,
    pub(super) id: String,
    pub(super) is_implicit: bool,
    /// Whether a person must do something.
    pub(super) needs_person: bool,
    pub(super) authorization_url: Option<String>,
    pub(super) connect_url: Option<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) user_code: Option<String>,
    pub(super) verification_uri: Option<String>,
    path: String,
}

/// How the waiting ended.
#[derive(Debug)]
pub(super) enum End {
    /// The attempt came to its own end.
    Came(Progress, Option<String>, Option<i64>),
    /// Nobody came.
    Late,
    /// We were asked to stop.
    Stopped,
}

impl Begun {
    /// What the API answered. Addresses are shown and opened, so they must be that and nothing else.
    pub(super) fn read(provider: &str, answer: &Value) -> Result<Self, CliFault> {
        let address = |name: &str| match answer[name].as_str() {
            None => Ok(None),
            Some(text) if is_address(text) => Ok(Some(text.to_owned())),
            Some(_) => Err(text::strange_answer()),
        };
        let id = answer["authorization_id"].as_str().and_then(AuthorizationId::new).ok_or_else(text::strange_answer)?;
        Ok(Self {
            path: format!("/api/v1/oauth/{provider}/authorizations/{}", id.as_str()),
            provider: provider.to_owned(),
            id: id.as_str().to_owned(),
            is_implicit: answer["method"] == "implicit_flow",
            needs_person: answer["method"] != "client_credentials_flow",
            authorization_url: address("authorization_url")?,
            connect_url: address("connect_url")?,
            redirect_uri: answer["redirect_uri"].as_str().map(str::to_owned),
            user_code: answer["user_code"].as_str().map(str::to_owned),
            verification_uri: address("verification_uri")?,
        })
    }

    /// Whether its link leads to a loopback address.
    pub(super) fn is_for_this_machine(&self) -> bool {
        self.connect_url.as_deref().and_then(|link| Url::parse(link).ok()).is_some_and(|link| is_local(&link))
    }
}

fn is_address(text: &str) -> bool {
    let web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    web && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl End {
    /// Why there is no credential.
    pub(super) fn fault(&self, waited: Duration) -> CliFault {
        match self {
            Self::Came(Progress::Denied, ..) => text::login_declined(),
            Self::Came(Progress::Expired, ..) => text::login_expired(),
            Self::Came(Progress::Unknown, ..) => text::login_unknown(),
            Self::Came(Progress::Failed, cause, _) => text::login_failed(cause.as_deref()),
            Self::Came(..) => text::strange_answer(),
            Self::Late => text::login_late(waited),
            Self::Stopped => text::login_stopped(),
        }
    }
}

/// Waits for the end, for so long, and until asked to stop; then gives up.
pub(super) async fn wait(begun: &Begun, api: &Api, timeout: Duration, stop: &mut Stop) -> Result<End, CliFault> {
    let end = tokio::select! {
        end = poll(begun, api) => return end,
        () = tokio::time::sleep(timeout) => End::Late,
        () = stop.asked() => End::Stopped,
    };
    Ok(give_up(begun, api, stop).await.unwrap_or(end))
}

/// Gives the attempt up. What is being exchanged at this moment cannot be given up: then it is what comes of that, unless we are
/// asked to stop once more.
pub(super) async fn give_up(begun: &Begun, api: &Api, stop: &mut Stop) -> Option<End> {
    let last = async {
        let _ = api.ask(Method::DELETE, &begun.path, None).await;
        poll(begun, api).await.ok()
    };
    let end = tokio::select! {
        end = tokio::time::timeout(EXCHANGE_FOR, last) => end.ok()??,
        () = stop.asked() => return None,
    };
    match end {
        End::Came(Progress::Failed | Progress::Expired, ..) => None,
        end => Some(end),
    }
}

async fn poll(begun: &Begun, api: &Api) -> Result<End, CliFault> {
    let pause = if api.is_remote() { FAR } else { NEAR };
    let mut missed = 0;
    loop {
        match api.ask(Method::GET, &begun.path, None).await {
            Ok(answer) => {
                if let Some(end) = read_end(&answer.json()?)? {
                    return Ok(end);
                }
                missed = 0;
            }
            // A server that is restarted, a network that is changed: the person is busy elsewhere meanwhile.
            Err(fault) if fault.code() == Kind::NoClearAnswer as u8 && missed < MISSED => missed += 1,
            Err(fault) => return Err(fault),
        }
        tokio::time::sleep(pause).await;
    }
}

/// None: it goes on.
fn read_end(answer: &Value) -> Result<Option<End>, CliFault> {
    let progress = answer["status"].as_str().and_then(Progress::from_name).ok_or_else(text::strange_answer)?;
    Ok(match progress {
        Progress::Claimed | Progress::Pending => None,
        progress => {
            let cause = answer["cause"].as_str().map(str::to_owned);
            Some(End::Came(progress, cause, answer["credential_id"].as_i64()))
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn begun(link: &str) -> Result<Begun, CliFault> {
        let id = format!("a_{}", "0".repeat(32));
        Begun::read(
            "acme",
            &json!({"authorization_id": id, "authorization_url": "https://a.example/x", "connect_url": link}),
        )
    }

    #[test]
    fn only_addresses_are_shown_and_opened() {
        let link = begun("http://127.0.0.1:8000/connect/x").unwrap();
        assert_eq!(link.path, format!("/api/v1/oauth/acme/authorizations/a_{}", "0".repeat(32)));
        assert!(link.is_for_this_machine());
        assert!(!begun("https://tokens.example.org/connect/x").unwrap().is_for_this_machine());
        for text in
            ["--help", "file:///etc/passwd", "http://a.example/\u{1b}[31m", "http://a.example/ b", "javascript:1"]
        {
            assert!(begun(text).is_err(), "{text}");
        }
        assert!(
            Begun::read("acme", &json!({"authorization_id": "a_/..", "authorization_url": "https://a.example"}))
                .is_err()
        );
    }

    #[test]
    fn every_status_is_understood() {
        for (status, code) in [("denied", 3), ("expired", 3), ("failed", 1), ("unknown", 4), ("done", 1)] {
            let end = read_end(&json!({"status": status})).unwrap().unwrap();
            assert_eq!(end.fault(Duration::from_secs(1)).code(), code, "{status}");
        }
        assert!(read_end(&json!({"status": "pending"})).unwrap().is_none());
        assert!(read_end(&json!({"status": "resting"})).is_err());
        let done = read_end(&json!({"status": "done", "credential_id": 7})).unwrap();
        assert!(matches!(done, Some(End::Came(Progress::Done, None, Some(7)))));
    }
}
