//! Owns the settings: flag, environment, file, default, in that order. Each is checked here, once.
//!
//! Secrets of providers alone are read later, when the work is done in this process: see [`Settings::providers`].

mod channel;
mod file;
mod oauth2;
mod redirect;
mod remote;
mod sandbox;
mod secret;
mod value;
mod vk;

use std::{
    env,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use grantkeep_core::{Owner, Secret};
use grantkeep_keeper::{Providers, VkSettings};
use grantkeep_notify::{ChannelName, Sender};
use grantkeep_outbound::{AllowEntry, Client, Rules, check_url};
use url::Url;

use self::{
    channel::Configured,
    oauth2::OAuth2,
    value::{first, url, value},
    vk::Vk,
};
use crate::{
    args::{Args, Command},
    fault::CliFault,
    text,
};

pub(crate) use self::{
    redirect::is_local,
    remote::Remote,
    sandbox::{OAUTH2_NAME, Places},
};

const USUAL_LISTEN: &str = "127.0.0.1:8000";
const USUAL_SANDBOX_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8001);

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    /// How a command in another terminal begins, to work on the same data: `grantkeep`, with `--data-dir` where that is needed.
    pub(crate) program: String,
    /// Where this process listens, or would; with port 0 until it does.
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<Url>,
    pub(crate) allowed_hosts: Vec<String>,
    /// Where requests may go although it is no public address, or plain http.
    pub(crate) outbound_allow: Vec<AllowEntry>,
    pub(crate) owner: Owner,
    pub(crate) log: String,
    pub(crate) master_key: Option<Secret>,
    pub(crate) jwt_secret: Option<Secret>,
    /// Where the sandbox is, or is to be.
    pub(crate) sandbox: Option<Sandbox>,
    /// A server elsewhere that is to do the work.
    pub(crate) remote: Option<Arc<Remote>>,
    /// Whether providers that need a secret are left out.
    is_bare: bool,
    vk: Vk,
    oauth2: Vec<OAuth2>,
    channels: Vec<Configured>,
}

/// The sandbox, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    /// Its first address, as it was asked for.
    pub(crate) listen: SocketAddr,
    /// Where its providers are.
    pub(crate) places: Places,
}

impl Settings {
    /// From flags, environment, file and defaults.
    pub(crate) fn resolve(args: &Args) -> Result<Self, CliFault> {
        let common = &args.common;
        let data_dir = match &common.data_dir {
            Some(directory) => directory.clone(),
            None => value("GRANTKEEP_DATA_DIR")?.map_or_else(usual_data_dir, |directory| Ok(directory.into()))?,
        };
        let program = program(&data_dir);
        let data_dir = if common.sandbox { data_dir.join("sandbox") } else { data_dir };
        if value("GRANTKEEP_DATABASE_URL")?.is_some() {
            return Err(text::no_such_engine());
        }
        let config = match &common.config {
            Some(file) => Some(file.clone()),
            None => value("GRANTKEEP_CONFIG")?.map(PathBuf::from),
        };
        let named = config.is_some();
        let config = config.unwrap_or_else(|| data_dir.join("config.toml"));
        let file = file::read(&config, named)?;
        let listen = match &args.command {
            Command::Serve(serve) => serve.listen.clone(),
            _ => None,
        };
        let listen = address(first(listen, "GRANTKEEP_LISTEN", file.listen)?.as_deref())?;
        let public_url = first(None, "GRANTKEEP_PUBLIC_URL", file.public_url)?.map(|text| public_url(&text));
        let public_url = public_url.transpose()?;
        let here = redirect::Here { listen, public_url: public_url.as_ref() };
        let names: Vec<&str> = file.providers.keys().map(String::as_str).collect();
        let vk = Vk::resolve(file.vk, here, &names)?;
        let named_owner = first(common.owner.clone(), "GRANTKEEP_OWNER", file.owner)?;
        let owner = owner(named_owner.as_deref())?;
        let wanted = named_owner.is_some().then_some(&owner);
        let remote = common.server.as_deref().map(|address| remote::resolve(address, wanted));
        let folder = config.parent().unwrap_or(Path::new("."));
        let oauth2 = oauth2::resolve(file.providers, folder, here, &vk.settings.redirect_uri)?;
        Ok(Self {
            allowed_hosts: allowed_hosts(hosts(value("GRANTKEEP_ALLOWED_HOSTS")?, file.allowed_hosts))?,
            outbound_allow: outbound_allow(&hosts(value("GRANTKEEP_OUTBOUND_ALLOW")?, file.outbound_allow))?,
            owner,
            log: first(None, "GRANTKEEP_LOG", file.log)?.unwrap_or_else(|| usual_log(&args.command).to_owned()),
            master_key: value("GRANTKEEP_MASTER_KEY")?.map(Secret::from),
            jwt_secret: value("GRANTKEEP_JWT_SECRET")?.map(Secret::from),
            remote: remote.transpose()?.map(Arc::new),
            sandbox: match (common.sandbox, common.sandbox_listen) {
                (true, listen) => Some(sandbox(listen)?),
                (false, None) => None,
                // Not left to the grammar: it does not see the two together on both sides of a command's name.
                (false, Some(_)) => return Err(text::sandbox_listen_alone()),
            },
            data_dir,
            program,
            is_bare: false,
            listen,
            public_url,
            vk,
            oauth2,
            channels: channel::resolve(file.notify, folder)?,
        })
    }

    /// The base of links and redirect URIs, without a slash at its end.
    pub(crate) fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", reachable(self.listen)),
        }
    }

    /// Where logins go. Reads the providers' secrets.
    pub(crate) fn providers(&self) -> Result<Providers, CliFault> {
        let (base, hosts) = (url("GRANTKEEP_PUBLIC_URL", &self.base_url())?, self.hosts());
        if let Some(sandbox) = &self.sandbox {
            return sandbox.places.providers(&self.vk.settings, base, hosts);
        }
        if self.is_bare {
            let vk = self.vk.settings.clone();
            return Ok(Providers { vk, vk_id: None, vk_code: None, oauth2: Vec::new(), base, hosts });
        }
        Ok(Providers {
            vk: self.vk.settings.clone(),
            vk_id: self.vk.id()?,
            vk_code: self.vk.code()?,
            oauth2: self.oauth2.iter().map(OAuth2::settings).collect::<Result<_, _>>()?,
            base,
            hosts,
        })
    }

    /// The same without the providers that need a secret: what is kept can be looked at without them.
    pub(crate) fn bare(self) -> Self {
        Self { is_bare: true, ..self }
    }

    /// How VK is reached.
    pub(crate) fn vk(&self) -> VkSettings {
        match &self.sandbox {
            Some(sandbox) => sandbox.places.vk(&self.vk.settings),
            None => self.vk.settings.clone(),
        }
    }

    /// Where requests may go.
    pub(crate) fn rules(&self) -> Rules {
        let mut rules = Rules::default();
        if let Some(sandbox) = &self.sandbox {
            sandbox.places.addresses().for_each(|url| rules.configured(url));
            // The sandbox never reaches a real provider, whatever is allowed otherwise.
            rules.nothing_else();
            return rules;
        }
        let vk = [&self.vk.settings.oauth_url, &self.vk.settings.api_url, &self.vk.id_url];
        vk.into_iter().chain(self.oauth2.iter().flat_map(OAuth2::addresses)).for_each(|url| rules.configured(url));
        self.outbound_allow.iter().cloned().for_each(|entry| rules.allow(entry));
        rules
    }

    /// The channels by name, without their secrets.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.channels.iter().map(Configured::name)
    }

    /// The ways to tell a person, with a client of their own that reaches nothing else. In the sandbox too: a channel is tried out there.
    /// `only`: that channel, and no others. Reads the channels' secrets.
    pub(crate) fn sender(&self, only: Option<&str>) -> Result<Sender, CliFault> {
        let mut rules = Rules::default();
        self.outbound_allow.iter().cloned().for_each(|entry| rules.allow(entry));
        let mut channels = Vec::with_capacity(self.channels.len());
        for configured in self.channels.iter().filter(|one| only.is_none_or(|only| only == one.name().as_str())) {
            let channel = configured.channel()?;
            if let Some(url) = channel.address() {
                rules.configured(url);
                check_url(url, &rules).map_err(|fault| configured.bad_url(&fault))?;
            }
            channels.push((configured.name().clone(), channel));
        }
        rules.nothing_else();
        Ok(Sender::new(channels, Arc::new(Client::new(rules))))
    }

    /// Configured redirect URIs that lead to this machine, whoever listens on their port.
    pub(crate) fn local_redirects(&self) -> impl Iterator<Item = &Url> {
        let own = self.oauth2.iter().filter_map(OAuth2::redirect_uri).chain([&self.vk.settings.redirect_uri]);
        own.filter(|url| self.sandbox.is_none() && self.comes_here(url))
    }

    /// Whether a redirect to that URL comes to this machine, and not to a page of an emulated VK.
    pub(crate) fn comes_here(&self, url: &Url) -> bool {
        let vk = self.vk();
        is_local(url) && [&vk.oauth_url, &vk.api_url].iter().all(|base| base.origin() != url.origin())
    }

    /// The setting that moves the provider's redirects, where its redirect URI is set.
    pub(crate) fn redirect_setting(&self, provider: &str) -> Option<String> {
        match provider {
            "vk" if self.comes_here(&self.vk.settings.redirect_uri) => Some("GRANTKEEP_VK_REDIRECT_URI".to_owned()),
            _ => {
                let own = |one: &&OAuth2| one.name() == provider && one.redirect_uri().is_some();
                self.oauth2.iter().find(own).map(|_| format!("providers.{provider}.redirect_uri"))
            }
        }
    }

    /// `Host` values that name this server.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.listen.to_string()];
        let ports = self.local_redirects().filter_map(Url::port_or_known_default).chain([self.listen.port()]);
        for port in ports {
            hosts.extend(["127.0.0.1", "[::1]", "localhost"].map(|host| format!("{host}:{port}")));
            if port == 80 {
                // Clients leave the port of the scheme out.
                hosts.extend(["127.0.0.1", "[::1]", "localhost"].map(str::to_owned));
            }
        }
        if let Some(host) = self.public_url.as_ref().and_then(|url| url.host_str().map(|host| (host, url.port()))) {
            hosts.push(match host {
                (host, Some(port)) => format!("{host}:{port}"),
                (host, None) => host.to_owned(),
            });
        }
        hosts.extend(self.allowed_hosts.iter().cloned());
        hosts
    }
}

/// An address that a browser can open: nobody is reached at the one that means every address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The XDG data directory and our name.
fn usual_data_dir() -> Result<PathBuf, CliFault> {
    let from = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("grantkeep")).ok_or_else(text::no_home)
}

fn program(data_dir: &Path) -> String {
    if usual_data_dir().is_ok_and(|usual| usual == data_dir) {
        return "grantkeep".to_owned();
    }
    let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    format!("grantkeep --data-dir {}", in_shell(&path.to_string_lossy()))
}

/// A word as a shell takes it.
fn in_shell(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn address(text: Option<&str>) -> Result<SocketAddr, CliFault> {
    text.unwrap_or(USUAL_LISTEN).parse().map_err(|_| text::bad_listen())
}

fn public_url(text: &str) -> Result<Url, CliFault> {
    let url = url("GRANTKEEP_PUBLIC_URL", text)?;
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare && url.password().is_none() { Ok(url) } else { Err(text::not_a_base("GRANTKEEP_PUBLIC_URL")) }
}

fn owner(name: Option<&str>) -> Result<Owner, CliFault> {
    Owner::new(name.unwrap_or("me")).map_err(text::bad_owner)
}

/// A server says what it does; a command says only what went wrong.
const fn usual_log(command: &Command) -> &'static str {
    match command {
        Command::Serve(_) => "info",
        _ => "warn",
    }
}

fn hosts(variable: Option<String>, file: Vec<String>) -> Vec<String> {
    match variable {
        Some(text) => text.split(',').map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()).collect(),
        None => file,
    }
}

/// Host names or addresses as browsers name them, each with a port unless it is the scheme's own. Anything else would never be met.
fn allowed_hosts(hosts: Vec<String>) -> Result<Vec<String>, CliFault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let is_host = |host: &String| host.bytes().all(plain) && host.parse::<http::uri::Authority>().is_ok();
    if hosts.iter().all(is_host) { Ok(hosts) } else { Err(text::bad_allowed_hosts()) }
}

fn outbound_allow(entries: &[String]) -> Result<Vec<AllowEntry>, CliFault> {
    entries.iter().map(|entry| entry.parse().map_err(text::bad_outbound_allow)).collect()
}

fn sandbox(listen: Option<SocketAddr>) -> Result<Sandbox, CliFault> {
    let listen = listen.unwrap_or(USUAL_SANDBOX_LISTEN.into());
    Ok(Sandbox { listen, places: Places::from(listen)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_an_address_that_can_be_opened() {
        for (listen, shown) in [
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("192.168.1.5:80", "192.168.1.5:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn what_another_terminal_is_told_can_be_typed_there() {
        for (word, typed) in [
            ("/var/lib/grantkeep", "/var/lib/grantkeep"),
            ("/home/anna/my data", "'/home/anna/my data'"),
            ("/tmp/$HOME", "'/tmp/$HOME'"),
            ("/tmp/anna's", r"'/tmp/anna'\''s'"),
        ] {
            assert_eq!(in_shell(word), typed);
        }
        assert_eq!(program(Path::new("/tmp/my data")), "grantkeep --data-dir '/tmp/my data'");
        assert!(program(Path::new("data")).contains(" --data-dir /"), "another terminal may be elsewhere");
        assert_eq!(program(&usual_data_dir().unwrap()), "grantkeep");
    }

    #[test]
    fn a_host_is_what_a_browser_names() {
        for (host, is_host) in [
            ("tokens.lan:8000", true),
            ("tokens.example.org", true),
            ("my_box", true),
            ("10.0.0.5", true),
            ("[fd00::5]:8000", true),
            ("http://tokens.lan", false),
            ("a b", false),
            ("*.example.org", false),
            ("me@tokens.lan", false),
            ("tokens.lan/", false),
            ("токены.рф", false),
        ] {
            assert_eq!(allowed_hosts(vec!["first".to_owned(), host.to_owned()]).is_ok(), is_host, "{host}");
        }
    }

    #[test]
    fn a_public_url_is_a_base_and_no_more() {
        for (text, is_base) in [
            ("https://tokens.example.org", true),
            ("http://tokens.lan:8000/grantkeep/", true),
            ("https://tokens.example.org/?a", false),
            ("https://tokens.example.org/#a", false),
            ("https://me@tokens.example.org", false),
            ("tokens.example.org", false),
        ] {
            assert_eq!(public_url(text).is_ok(), is_base, "{text}");
        }
    }
}
