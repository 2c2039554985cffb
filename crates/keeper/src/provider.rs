//! Owns where logins go: the configured providers, where their redirects come back to, and which paths those are.
//!
//! A redirect URI belongs to one provider, and for Mastodon to one server: any server may be hostile, and few say in the
//! redirect who they are (RFC 9700 §4.4).

use grantkeep_core::{Flow, Provider, ProviderName, Secret, redirect::Place};
use grantkeep_mastodon::Server;
use grantkeep_oauth::{Endpoint, Issuer, Method};
use grantkeep_vk::{Settings as VkSettings, settings::is_place};
use url::Url;

use crate::Keeper;

/// Where our page is that reads a token out of the fragment.
const FRAGMENT_PATH: &str = "/callback/vk";

/// Where logins go.
#[derive(Debug)]
pub struct Providers {
    /// How VK is reached, and as which application of the implicit flow.
    pub vk: VkSettings,
    /// The application of VK ID, if there is one.
    pub vk_id: Option<VkIdSettings>,
    /// The application of VK's legacy code flow, if there is one.
    pub vk_code: Option<VkCodeSettings>,
    /// The configured OAuth 2.0 servers.
    pub oauth2: Vec<OAuth2Settings>,
    /// Base of redirect URIs and links: `http://127.0.0.1:8000`, or the public URL.
    pub base: Url,
    /// `Host` values at which this program answers browsers: a redirect URI at one of them is captured, any other is pasted.
    pub hosts: Vec<String>,
}

/// An application of VK ID.
#[derive(Debug)]
pub struct VkIdSettings {
    /// Its id.
    pub app_id: String,
    /// Its service key, for a confidential application.
    pub service_token: Option<Secret>,
    /// Base URL of VK ID.
    pub url: Url,
}

/// An application of VK's legacy code flow.
#[derive(Debug)]
pub struct VkCodeSettings {
    /// Its id.
    pub app_id: String,
    /// Its secret.
    pub secret: Secret,
}

/// For whom a configured server is asked for tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantType {
    /// For people, who allow it (RFC 6749 §4.1).
    #[default]
    AuthorizationCode,
    /// For the application itself (§4.4).
    ClientCredentials,
}

impl GrantType {
    /// Each with its name in the configuration, which is that of the standard.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::AuthorizationCode, "authorization_code"), (Self::ClientCredentials, "client_credentials")];

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(grant, _)| *grant)
    }
}

/// A configured OAuth 2.0 server.
#[derive(Debug)]
pub struct OAuth2Settings {
    /// Its name in URLs and on the command line.
    pub name: ProviderName,
    /// For whom it is asked.
    pub grant: GrantType,
    /// Its issuer, by which its metadata is found.
    pub issuer: Option<Issuer>,
    /// Where a person's browser goes. This and the four below stand above what the metadata says.
    pub authorization_url: Option<Endpoint>,
    /// Where codes become tokens.
    pub token_url: Option<Endpoint>,
    /// Where tokens are withdrawn (RFC 7009).
    pub revocation_url: Option<Endpoint>,
    /// Where device codes come from (RFC 8628).
    pub device_authorization_url: Option<Endpoint>,
    /// Who tells whose a token is.
    pub userinfo_url: Option<Endpoint>,
    /// What the server knows us as.
    pub client_id: String,
    /// The secret, unless we are a public client, which the application cannot be that asks for itself.
    pub client_secret: Option<Secret>,
    /// How the secret is shown. None: as the metadata says, else by HTTP Basic (RFC 8414 §2).
    pub client_auth: Option<Method>,
    /// What is asked for where a login does not say.
    pub scopes: Vec<String>,
    /// The registered redirect URI, byte for byte. None: `{base}/callback/{name}`.
    pub redirect_uri: Option<String>,
}

/// A provider, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderView {
    /// Which.
    pub provider: Provider,
    /// `mastodon`, `oauth2`, `vk`.
    pub kind: &'static str,
    /// Its server, where it has one.
    pub server: Option<String>,
    /// How one can log in.
    pub flows: Vec<Flow>,
    /// Where redirects come back to in the usual flow, where that is one place.
    pub redirect_uri: Option<String>,
    /// The same by flow.
    pub redirect_uris: Vec<(Flow, String)>,
}

impl Providers {
    pub(crate) fn oauth2(&self, name: ProviderName) -> Option<&OAuth2Settings> {
        self.oauth2.iter().find(|settings| settings.name == name)
    }

    /// Where VK ID's codes come back to.
    pub(crate) fn vk_id_redirect_uri(&self) -> String {
        self.link("/callback/vk/id")
    }

    /// Where the codes of VK's legacy flow come back to.
    pub(crate) fn vk_code_redirect_uri(&self) -> String {
        self.link("/callback/vk/code")
    }

    /// Where the codes of a Mastodon come back to.
    pub(crate) fn mastodon_redirect_uri(&self, server: &Server) -> String {
        self.link(&format!("/callback/mastodon/{}", server.name()))
    }

    /// Where our page is that reads a token out of the fragment.
    pub(crate) fn fragment_page(&self) -> String {
        self.link(FRAGMENT_PATH)
    }

    /// Whether VK's tokens are shown at that place: by VK, or in the address of our own page, which asks people to copy it.
    pub(crate) fn shows_vk_token(&self, place: &Place<'_>) -> bool {
        let is_our_page = || {
            let authority = place.port.map_or_else(|| place.host.to_owned(), |port| format!("{}:{port}", place.host));
            let is_host = |host: &String| host.eq_ignore_ascii_case(&authority);
            let is_base = self.fragment_page().parse().is_ok_and(|page| is_place(place, &page));
            is_base || (place.path == FRAGMENT_PATH && self.hosts.iter().any(is_host))
        };
        self.vk.is_ours(place) || is_our_page()
    }

    /// A link to this program.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// A link to this program at the host of a redirect URI, if that one is ours: cookies do not go from one host to another.
    pub(crate) fn link_beside(&self, redirect_uri: &str, path: &str) -> String {
        match Url::parse(redirect_uri) {
            Ok(uri) if self.is_ours(&uri) && !redirect_uri.starts_with(&self.link("/")) => {
                let mut link = uri;
                link.set_query(None);
                link.set_fragment(None);
                link.set_path(path);
                link.into()
            }
            _ => self.link(path),
        }
    }

    /// Whether a redirect to that address comes back to this program.
    pub(crate) fn is_ours(&self, uri: &Url) -> bool {
        if !matches!(uri.scheme(), "http" | "https") {
            return false;
        }
        let authority = authority(uri);
        uri.origin() == self.base.origin() || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&authority))
    }

    /// Whether a redirect to `redirect_uri` arrives at that path of ours: a proxy may have taken the public URL's own path away.
    pub(crate) fn arrives_at(&self, redirect_uri: &str, path: &str) -> bool {
        let Ok(uri) = Url::parse(redirect_uri) else { return false };
        let base = self.base.path().trim_end_matches('/');
        uri.path() == path || (uri.path().strip_prefix(base) == Some(path) && redirect_uri.starts_with(&self.link("/")))
    }
}

impl OAuth2Settings {
    /// A server known by its name and ours there alone: for people, a public client, nothing set that can be left out.
    pub fn new(name: ProviderName, client_id: &str) -> Self {
        Self {
            name,
            grant: GrantType::default(),
            issuer: None,
            authorization_url: None,
            token_url: None,
            revocation_url: None,
            device_authorization_url: None,
            userinfo_url: None,
            client_id: client_id.to_owned(),
            client_secret: None,
            client_auth: None,
            scopes: Vec::new(),
            redirect_uri: None,
        }
    }

    /// Where codes come back to.
    pub(crate) fn redirect_uri(&self, providers: &Providers) -> String {
        match &self.redirect_uri {
            Some(uri) => uri.clone(),
            None => providers.link(&format!("/callback/{}", self.name.as_str())),
        }
    }

    /// Whether somebody must allow a login.
    pub(crate) fn needs_person(&self) -> bool {
        self.grant != GrantType::ClientCredentials
    }

    /// Whether the addresses that it names by itself are enough for a login.
    pub(crate) fn is_whole(&self) -> bool {
        self.token_url.is_some() && (self.authorization_url.is_some() || !self.needs_person())
    }

    /// What its credentials are bound to: the issuer, or where its tokens come from.
    pub(crate) fn server(&self) -> Option<String> {
        let origin = |endpoint: &Endpoint| endpoint.url().origin().ascii_serialization();
        match &self.issuer {
            Some(issuer) => Some(issuer.as_str().to_owned()),
            None => self.token_url.as_ref().or(self.authorization_url.as_ref()).map(origin),
        }
    }

    /// What is asked for where a login does not say.
    pub(crate) fn usual_scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.join(" "))
    }

    fn flows(&self) -> Vec<Flow> {
        if self.grant == GrantType::ClientCredentials {
            return vec![Flow::ClientCredentials];
        }
        let mut flows = vec![Flow::Code];
        if self.issuer.is_some() || self.device_authorization_url.is_some() {
            flows.push(Flow::Device);
        }
        flows.push(Flow::Implicit);
        flows
    }
}

/// `host`, or `host:port` where the port is not the scheme's own.
fn authority(url: &Url) -> String {
    match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    }
}

impl Keeper {
    /// How VK is reached.
    pub fn vk(&self) -> &VkSettings {
        &self.providers.vk
    }

    /// Whether tokens can come from there.
    pub fn knows(&self, provider: Provider) -> bool {
        match provider {
            Provider::Mastodon | Provider::Vk => true,
            Provider::OAuth2(name) => self.providers.oauth2(name).is_some(),
        }
    }

    /// Every provider.
    pub fn providers(&self) -> Vec<ProviderView> {
        let all = &self.providers;
        let implicit = all.vk.redirect_uri.as_str().to_owned();
        let mut redirect_uris = vec![(Flow::Implicit, implicit.clone())];
        redirect_uris.extend(all.vk_code.as_ref().map(|_| (Flow::Code, all.vk_code_redirect_uri())));
        redirect_uris.extend(all.vk_id.as_ref().map(|_| (Flow::VkId, all.vk_id_redirect_uri())));
        let vk = ProviderView {
            provider: Provider::Vk,
            kind: "vk",
            server: Some(all.vk.oauth_url.origin().ascii_serialization()),
            flows: redirect_uris.iter().map(|(flow, _)| *flow).collect(),
            redirect_uri: Some(implicit),
            redirect_uris,
        };
        let mastodon = ProviderView {
            provider: Provider::Mastodon,
            kind: "mastodon",
            server: None,
            flows: vec![Flow::Code],
            redirect_uri: None,
            redirect_uris: Vec::new(),
        };
        let configured = all.oauth2.iter().map(|settings| {
            let (flows, redirect_uri) = (settings.flows(), settings.redirect_uri(all));
            let comes_back = |flow: &&Flow| matches!(flow, Flow::Code | Flow::Implicit);
            ProviderView {
                provider: Provider::OAuth2(settings.name),
                kind: "oauth2",
                server: settings.server(),
                redirect_uris: flows.iter().filter(comes_back).map(|flow| (*flow, redirect_uri.clone())).collect(),
                flows,
                redirect_uri: settings.needs_person().then_some(redirect_uri),
            }
        });
        [vk, mastodon].into_iter().chain(configured).collect()
    }

    /// Whether redirects come to that path.
    pub fn captures(&self, path: &str) -> bool {
        let all = &self.providers;
        let configured =
            |settings: &OAuth2Settings| settings.needs_person() && all.arrives_at(&settings.redirect_uri(all), path);
        match path.strip_prefix("/callback/") {
            Some("vk" | "vk/id" | "vk/code") => true,
            Some(rest) if rest.strip_prefix("mastodon/").is_some_and(|host| !host.contains('/')) => true,
            _ => all.oauth2.iter().any(configured) || self.takes_fragment(path),
        }
    }

    /// Whether tokens come to that path in the fragment, always.
    pub fn takes_fragment(&self, path: &str) -> bool {
        let all = &self.providers;
        path == FRAGMENT_PATH
            || (all.is_ours(&all.vk.redirect_uri) && all.arrives_at(all.vk.redirect_uri.as_str(), path))
    }
}
