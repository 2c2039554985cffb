//! Owns the settings: flag, environment, file, default, in that order. Each is checked here, once.

mod file;

use std::{env, fs, net::SocketAddr, path::PathBuf, sync::Arc};

use grantkeep_core::{Owner, Secret};
use grantkeep_keeper::VkSettings;
use grantkeep_outbound::{AllowEntry, Rules, check_base_url};
use url::Url;

use crate::{
    args::{Args, Command},
    fault::CliFault,
    text,
};

const USUAL_LISTEN: &str = "127.0.0.1:8000";
const USUAL_SANDBOX_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8001);

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<Url>,
    pub(crate) allowed_hosts: Vec<String>,
    /// Where requests may go although it is no public address, or plain http.
    pub(crate) outbound_allow: Vec<AllowEntry>,
    pub(crate) owner: Owner,
    pub(crate) log: String,
    pub(crate) vk: VkSettings,
    pub(crate) master_key: Option<Secret>,
    pub(crate) jwt_secret: Option<Secret>,
    /// Where the sandbox is, or is to be.
    pub(crate) sandbox: Option<SocketAddr>,
    /// A server elsewhere that is to do the work.
    pub(crate) remote: Option<Arc<Remote>>,
}

/// A server elsewhere.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) url: Url,
    pub(crate) key: Secret,
}

impl Settings {
    /// From flags, environment, file and defaults.
    pub(crate) fn resolve(args: &Args) -> Result<Self, CliFault> {
        let common = &args.common;
        let data_dir = match &common.data_dir {
            Some(directory) => directory.clone(),
            None => value("GRANTKEEP_DATA_DIR")?.map_or_else(usual_data_dir, |directory| Ok(directory.into()))?,
        };
        let data_dir = if common.sandbox { data_dir.join("sandbox") } else { data_dir };
        if value("GRANTKEEP_DATABASE_URL")?.is_some() {
            return Err(text::no_such_engine());
        }
        let config = match &common.config {
            Some(file) => Some(file.clone()),
            None => value("GRANTKEEP_CONFIG")?.map(PathBuf::from),
        };
        let file = file::read(config.as_deref().unwrap_or(&data_dir.join("config.toml")), config.is_some())?;
        let sandbox = common.sandbox.then(|| common.sandbox_listen.unwrap_or(USUAL_SANDBOX_LISTEN.into()));
        let listen = match &args.command {
            Command::Serve(serve) => serve.listen.clone(),
            _ => None,
        };
        Ok(Self {
            listen: address(first(listen, "GRANTKEEP_LISTEN", file.listen)?.as_deref())?,
            public_url: first(None, "GRANTKEEP_PUBLIC_URL", file.public_url)?
                .map(|text| url("GRANTKEEP_PUBLIC_URL", &text))
                .transpose()?,
            allowed_hosts: hosts(value("GRANTKEEP_ALLOWED_HOSTS")?, file.allowed_hosts),
            outbound_allow: outbound_allow(&hosts(value("GRANTKEEP_OUTBOUND_ALLOW")?, file.outbound_allow))?,
            owner: owner(first(common.owner.clone(), "GRANTKEEP_OWNER", file.owner)?.as_deref())?,
            log: first(None, "GRANTKEEP_LOG", file.log)?.unwrap_or_else(|| usual_log(&args.command).to_owned()),
            vk: vk(file.vk, sandbox)?,
            master_key: value("GRANTKEEP_MASTER_KEY")?.map(Secret::from),
            jwt_secret: value("GRANTKEEP_JWT_SECRET")?.map(Secret::from),
            remote: common.server.as_deref().map(remote).transpose()?.map(Arc::new),
            sandbox,
            data_dir,
        })
    }

    /// The base of links to this server when it listens on `listen`.
    pub(crate) fn base_url(&self, listen: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{listen}"),
        }
    }

    /// Where requests may go, when VK is at `vk`.
    pub(crate) fn rules(&self, vk: &VkSettings) -> Rules {
        let mut rules = Rules::default();
        rules.configured(&vk.oauth_url);
        rules.configured(&vk.api_url);
        if self.sandbox.is_some() {
            // The sandbox never reaches a real provider, whatever is allowed otherwise.
            rules.nothing_else();
        } else {
            self.outbound_allow.iter().cloned().for_each(|entry| rules.allow(entry));
        }
        rules
    }

    /// `Host` values that name this server when it listens on `listen`.
    pub(crate) fn hosts(&self, listen: SocketAddr) -> Vec<String> {
        let port = listen.port();
        let mut hosts = vec![listen.to_string()];
        hosts.extend(["127.0.0.1", "[::1]", "localhost"].map(|host| format!("{host}:{port}")));
        if port == 80 {
            // Clients leave the port of the scheme out.
            hosts.extend(["127.0.0.1", "[::1]", "localhost"].map(str::to_owned));
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

/// The value of a variable, or of the file that its `_FILE` twin names. Empty is unset.
fn value(name: &'static str) -> Result<Option<String>, CliFault> {
    let read = |name: &str| match env::var_os(name) {
        None => Ok(None),
        Some(text) => text.into_string().map(|text| Some(text).filter(|text| !text.is_empty())).map_err(|_| ()),
    };
    let plain = read(name).map_err(|()| text::variable_not_text(name))?;
    let twin = format!("{name}_FILE");
    match (plain, read(&twin).map_err(|()| text::variable_not_text(name))?) {
        (Some(_), Some(_)) => Err(text::variable_twice(name)),
        (None, Some(path)) => {
            let mut text = fs::read_to_string(&path).map_err(|error| text::variable_file(&twin, error.kind()))?;
            let end = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
            text.truncate(end.unwrap_or(text.len()));
            Ok(Some(text).filter(|text| !text.is_empty()))
        }
        (plain, None) => Ok(plain),
    }
}

fn first(flag: Option<String>, name: &'static str, file: Option<String>) -> Result<Option<String>, CliFault> {
    match flag {
        Some(flag) => Ok(Some(flag)),
        None => Ok(value(name)?.or(file)),
    }
}

/// The XDG data directory and our name.
fn usual_data_dir() -> Result<PathBuf, CliFault> {
    let from = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("grantkeep")).ok_or_else(text::no_home)
}

fn address(text: Option<&str>) -> Result<SocketAddr, CliFault> {
    text.unwrap_or(USUAL_LISTEN).parse().map_err(|_| text::bad_listen())
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

fn outbound_allow(entries: &[String]) -> Result<Vec<AllowEntry>, CliFault> {
    entries.iter().map(|entry| entry.parse().map_err(text::bad_outbound_allow)).collect()
}

fn url(name: &'static str, text: &str) -> Result<Url, CliFault> {
    let url = Url::parse(text).map_err(|_| text::not_a_url(name))?;
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if web { Ok(url) } else { Err(text::not_a_url(name)) }
}

/// Where requests with tokens go: over TLS, or to this machine.
fn base_url(name: &'static str, text: &str) -> Result<Url, CliFault> {
    let url = url(name, text)?;
    check_base_url(&url).map_err(|fault| text::bad_base_url(name, fault))?;
    Ok(url)
}

fn vk(file: file::Vk, sandbox: Option<SocketAddr>) -> Result<VkSettings, CliFault> {
    let usual = VkSettings::default();
    let app_id = first(None, "GRANTKEEP_VK_APP_ID", file.app_id)?.unwrap_or(usual.app_id);
    let scope = first(None, "GRANTKEEP_VK_SCOPE", file.scope)?.unwrap_or(usual.scope);
    if app_id.is_empty() || !app_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(text::bad_app_id());
    }
    if let Some(address) = sandbox {
        // Whatever else is set: the sandbox never reaches a real provider.
        return in_sandbox(VkSettings { app_id, scope, ..VkSettings::default() }, &format!("http://{address}"));
    }
    let one = |name: &'static str, file: Option<String>, usual: Url| match first(None, name, file)? {
        Some(text) => base_url(name, &text),
        None => Ok(usual),
    };
    let redirect_uri = match first(None, "GRANTKEEP_VK_REDIRECT_URI", file.redirect_uri)? {
        Some(text) => url("GRANTKEEP_VK_REDIRECT_URI", &text)?,
        None => usual.redirect_uri,
    };
    Ok(VkSettings {
        app_id,
        scope,
        redirect_uri,
        oauth_url: one("GRANTKEEP_VK_OAUTH_URL", file.oauth_url, usual.oauth_url)?,
        api_url: one("GRANTKEEP_VK_API_URL", file.api_url, usual.api_url)?,
    })
}

/// The same settings with the emulated VK at `base`.
pub(crate) fn in_sandbox(vk: VkSettings, base: &str) -> Result<VkSettings, CliFault> {
    let at = |path: &str| url("--sandbox-listen", &format!("{base}{path}"));
    Ok(VkSettings { redirect_uri: at("/blank.html")?, oauth_url: at("")?, api_url: at("")?, ..vk })
}

fn remote(text: &str) -> Result<Remote, CliFault> {
    let url = base_url("--server", text)?;
    let key = value("GRANTKEEP_API_KEY")?.ok_or_else(text::no_api_key)?;
    Ok(Remote { url, key: Secret::from(key) })
}
