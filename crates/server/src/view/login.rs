//! Owns the shapes of answers about logins and providers.

use std::collections::BTreeMap;

use grantkeep_core::{Flow, Progress, Secret, Timestamp};
use grantkeep_keeper::{Attempt, Begun, Probed, ProviderTest, ProviderView};
use serde::{Serialize, Serializer};

use super::always_text;

/// Answer of `POST …/authorize`. Its addresses carry secrets: they are shown to the caller, and to nobody else.
pub(crate) struct Authorized<'a> {
    pub(crate) begun: &'a Begun,
    pub(crate) instructions: &'a [String],
}

impl Serialize for Authorized<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            authorization_id: &'a str,
            method: &'static str,
            authorization_url: Option<&'a str>,
            connect_url: Option<&'a str>,
            redirect_uri: Option<&'a str>,
            #[serde(serialize_with = "always_text")]
            expires_at: Timestamp,
            instructions: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            user_code: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            verification_uri: Option<&'a str>,
        }
        let begun = self.begun;
        let shape = Shape {
            authorization_id: begun.id.as_str(),
            method: method(begun.flow),
            authorization_url: shown(begun.authorization_url.as_ref()),
            connect_url: shown(begun.connect_url.as_ref()),
            redirect_uri: begun.redirect_uri.as_deref(),
            expires_at: begun.expires_at,
            instructions: self.instructions,
            user_code: begun.device.as_ref().map(|device| device.user_code.as_str()),
            verification_uri: begun.device.as_ref().map(|device| device.verification_uri.as_str()),
        };
        shape.serialize(serializer)
    }
}

/// To whoever began it.
fn shown(address: Option<&Secret>) -> Option<&str> {
    Some(address?.expose())
}

const fn method(flow: Flow) -> &'static str {
    match flow {
        Flow::ClientCredentials => "client_credentials_flow",
        Flow::Code => "code_flow",
        Flow::Device => "device_flow",
        Flow::Implicit => "implicit_flow",
        Flow::VkId => "vk_id_flow",
    }
}

/// Answer of `GET …/authorizations/{id}`.
#[derive(Serialize)]
pub(crate) struct AuthorizationView<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

impl<'a> AuthorizationView<'a> {
    pub(crate) fn of(attempt: &'a Attempt) -> Self {
        // That an answer is being exchanged is of no use to who waits for the end.
        let progress = if attempt.progress == Progress::Claimed { Progress::Pending } else { attempt.progress };
        Self {
            status: progress.as_str(),
            credential_id: attempt.credential,
            cause: attempt.cause.as_deref().filter(|cause| !cause.is_empty()),
        }
    }
}

/// Answer of `GET …/providers`.
#[derive(Serialize)]
pub(crate) struct ProviderList<'a> {
    pub(crate) providers: Vec<ProviderEntry<'a>>,
}

/// One provider.
#[derive(Serialize)]
pub(crate) struct ProviderEntry<'a> {
    name: &'a str,
    kind: &'static str,
    server: Option<&'a str>,
    flows: Vec<&'static str>,
    redirect_uri: Option<&'a str>,
    redirect_uris: BTreeMap<&'static str, &'a str>,
}

impl<'a> ProviderEntry<'a> {
    pub(crate) fn of(view: &'a ProviderView) -> Self {
        Self {
            name: view.provider.as_str(),
            kind: view.kind,
            server: view.server.as_deref(),
            flows: view.flows.iter().map(|flow| flow.as_str()).collect(),
            redirect_uri: view.redirect_uri.as_deref(),
            redirect_uris: view.redirect_uris.iter().map(|(flow, uri)| (flow.as_str(), uri.as_str())).collect(),
        }
    }
}

/// Answer of `POST …/providers/{name}/test`.
#[derive(Serialize)]
pub(crate) struct ProviderAnswers<'a> {
    answers: bool,
    asked: Vec<AskedAddress<'a>>,
}

#[derive(Serialize)]
struct AskedAddress<'a> {
    what: &'static str,
    address: &'a str,
    answers: bool,
    outcome: &'a str,
}

impl<'a> ProviderAnswers<'a> {
    pub(crate) fn of(test: &'a ProviderTest) -> Self {
        let asked = |probed: &'a Probed| AskedAddress {
            what: probed.what,
            address: &probed.address,
            answers: probed.answers,
            outcome: &probed.outcome,
        };
        Self { answers: test.answers(), asked: test.asked.iter().map(asked).collect() }
    }
}
