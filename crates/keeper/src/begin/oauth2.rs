//! Owns what a login at a configured server begins with: a code, a token in the fragment, a device code, or nothing but the
//! application's own secret.

use grantkeep_core::{Flow, ProviderName, Secret};
use grantkeep_oauth::{
    Authorize, Client, Endpoint, ResponseType,
    device::{self, DeviceAnswer},
};

use super::{Begin, Fresh, Plan};
use crate::{GrantType, KeepFault, Keeper, OAuth2Settings, attempt::Frozen, site::Endpoints};

impl Keeper {
    pub(super) async fn plan_oauth2(
        &self,
        name: ProviderName,
        begin: &Begin,
        fresh: &Fresh,
    ) -> Result<Plan, KeepFault> {
        let settings = self.providers.oauth2(name).ok_or(KeepFault::FlowNotOffered)?;
        let endpoints = self.endpoints(settings).await?;
        let scope = begin.scope.clone().or_else(|| settings.usual_scope());
        let usual = match settings.grant {
            GrantType::AuthorizationCode => Flow::Code,
            GrantType::ClientCredentials => Flow::ClientCredentials,
        };
        match begin.flow.unwrap_or(usual) {
            // Without a person only where the configuration says so: nobody else consents.
            flow if (flow == Flow::ClientCredentials) != (usual == Flow::ClientCredentials) => {
                Err(KeepFault::FlowNotOffered)
            }
            Flow::ClientCredentials if begin.by_paste => Err(KeepFault::FlowNotOffered),
            // Nobody consents to more than the operator wrote down.
            Flow::ClientCredentials if !is_configured(settings, scope.as_deref()) => Err(KeepFault::ScopeNotConfigured),
            Flow::ClientCredentials => Ok(plan_alone(settings, &endpoints, scope)),
            Flow::Device => self.plan_device(settings, &endpoints, scope).await,
            Flow::VkId => Err(KeepFault::FlowNotOffered),
            Flow::Code if endpoints.takes_s256 == Some(false) => Err(KeepFault::ProviderWrong {
                what: "the provider takes no proof of key by S256 (RFC 7636)".into(),
                advice: "Ask whoever runs it to allow the S256 method; plain is never used",
            }),
            flow @ (Flow::Code | Flow::Implicit) => self.plan_redirect(settings, &endpoints, scope, flow, fresh),
        }
    }

    fn plan_redirect(
        &self,
        settings: &OAuth2Settings,
        endpoints: &Endpoints,
        scope: Option<String>,
        flow: Flow,
        fresh: &Fresh,
    ) -> Result<Plan, KeepFault> {
        let endpoint = endpoints.authorization.as_ref().ok_or(KeepFault::FlowNotOffered)?;
        let redirect_uri = settings.redirect_uri(&self.providers);
        let is_code = flow == Flow::Code;
        let request = Authorize {
            endpoint,
            client_id: &settings.client_id,
            redirect_uri: &redirect_uri,
            display: None,
            scope: scope.as_deref(),
            response_type: if is_code { ResponseType::Code } else { ResponseType::Token },
            state: Some(fresh.state.secret().expose()),
            challenge: Some(&fresh.challenge).filter(|_| is_code),
            extra: if wants_consent(endpoint, scope.as_deref()) { &[("prompt", "consent")] } else { &[] },
        };
        let url = request.url();
        Ok(Plan {
            flow,
            server: settings.server().map(Into::into),
            url: Some(url),
            redirect_uri: Some(redirect_uri),
            frozen: frozen(settings, endpoints, scope),
            has_challenge: is_code,
            has_state: true,
            client_secret: settings.client_secret.as_ref().map(Secret::copy),
            device: None,
        })
    }

    async fn plan_device(
        &self,
        settings: &OAuth2Settings,
        endpoints: &Endpoints,
        scope: Option<String>,
    ) -> Result<Plan, KeepFault> {
        let endpoint = endpoints.device.as_ref().ok_or(KeepFault::FlowNotOffered)?;
        let secret = settings.client_secret.as_ref();
        let client = Client { id: &settings.client_id, secret, method: endpoints.method };
        let device = self.ask_for_codes(endpoint, &client, scope.as_deref()).await?;
        Ok(Plan {
            flow: Flow::Device,
            server: settings.server().map(Into::into),
            redirect_uri: None,
            frozen: frozen(settings, endpoints, scope),
            url: Some(device.verification_uri_complete.clone().unwrap_or_else(|| device.verification_uri.clone())),
            has_challenge: false,
            has_state: false,
            client_secret: secret.map(Secret::copy),
            device: Some(device),
        })
    }

    async fn ask_for_codes(
        &self,
        endpoint: &Endpoint,
        client: &Client<'_>,
        scope: Option<&str>,
    ) -> Result<DeviceAnswer, KeepFault> {
        let answer = self.outbound.send(device::request(endpoint, client, scope)).await;
        let answer = answer.map_err(|reason| KeepFault::ProviderAway {
            what: format!("the provider could not be asked for a device code: {reason}"),
            advice: "Check the network, and try again",
        })?;
        device::read(&answer).map_err(|fault| {
            let what = format!("the provider gave no device code: {fault}");
            match fault.is_transient() {
                true => KeepFault::ProviderAway { what, advice: "Try again later" },
                false => KeepFault::ProviderWrong {
                    what,
                    advice: "Check client_id and scopes, and whether the client may use device codes",
                },
            }
        })
    }
}

fn is_configured(settings: &OAuth2Settings, scope: Option<&str>) -> bool {
    let mut asked = scope.unwrap_or_default().split_ascii_whitespace();
    asked.all(|scope| settings.scopes.iter().any(|known| known == scope))
}

fn plan_alone(settings: &OAuth2Settings, endpoints: &Endpoints, scope: Option<String>) -> Plan {
    Plan {
        flow: Flow::ClientCredentials,
        server: settings.server().map(Into::into),
        redirect_uri: None,
        frozen: frozen(settings, endpoints, scope),
        url: None,
        has_challenge: false,
        has_state: false,
        client_secret: settings.client_secret.as_ref().map(Secret::copy),
        device: None,
    }
}

/// `offline_access`, and with it the refresh token, is only granted to whoever asks for consent (OpenID Connect Core §11). What the
/// configured URL says of it itself stays.
fn wants_consent(endpoint: &Endpoint, scope: Option<&str>) -> bool {
    let is_said = endpoint.url().query_pairs().any(|(name, _)| name == "prompt");
    !is_said && scope.is_some_and(|scope| scope.split_ascii_whitespace().any(|one| one == "offline_access"))
}

fn frozen(settings: &OAuth2Settings, endpoints: &Endpoints, scope: Option<String>) -> Frozen {
    let text = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.url().as_str().to_owned());
    Frozen {
        token: text(&endpoints.token),
        userinfo: text(&endpoints.userinfo),
        authorization: text(&endpoints.authorization),
        issuer: endpoints.issuer.clone(),
        promises_iss: endpoints.promises_iss,
        client_id: settings.client_id.clone(),
        method: endpoints.method.as_str().to_owned(),
        scope,
        software: None,
        by_link: false,
    }
}
