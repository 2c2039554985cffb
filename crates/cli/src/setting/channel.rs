//! Owns `[notify.NAME]`: what a channel of each kind needs, and what is wrong with one, by name and key.
//!
//! A fault never tells a value: a webhook's or a topic's address is often as good as a password. Secrets are read when they are needed.

use std::{fmt, path::Path};

use grantkeep_core::Secret;
use grantkeep_notify::{
    Channel, ChannelFault, ChannelName, Command, Email, EmailSettings, Gotify, Ntfy, Security, SigningSecret, Telegram,
    Webhook,
};
use url::Url;

use super::{
    file,
    secret::{Keys, Source},
};
use crate::{fault::CliFault, text};

/// The kinds, and the keys that each has besides `kind`.
const KINDS: [(&str, &[&str]); 6] = [
    ("command", &["command"]),
    ("email", &["host", "port", "security", "user", "password", "password_env", "password_file", "from", "to"]),
    ("gotify", &["url", "token", "token_env", "token_file"]),
    ("ntfy", &["url", "token", "token_env", "token_file"]),
    ("telegram", &["chat", "token", "token_env", "token_file", "url"]),
    ("webhook", &["url", "secret", "secret_env", "secret_file", "old_secret", "old_secret_env", "old_secret_file"]),
];

/// A channel as configured, but for its secrets.
pub(super) struct Configured {
    name: ChannelName,
    table: Table,
    form: Form,
}

enum Form {
    Command(Vec<String>),
    Email(Box<Mail>),
    Gotify { url: Url, token: Source },
    Ntfy { url: Url, token: Source },
    Telegram { url: Option<Url>, token: Source, chat: String },
    Webhook { url: Url, secret: Source, old_secret: Source },
}

struct Mail {
    host: String,
    port: Option<u16>,
    security: Security,
    user: Option<String>,
    password: Source,
    from: String,
    to: String,
}

/// The name of the table, with which every fault begins.
struct Table(String);

/// Reads all of them. Relative paths are meant from `folder`.
pub(super) fn resolve(
    channels: impl IntoIterator<Item = (String, file::Channel)>,
    folder: &Path,
) -> Result<Vec<Configured>, CliFault> {
    channels.into_iter().map(|(name, file)| Configured::resolve(&name, file, folder)).collect()
}

impl Configured {
    fn resolve(name: &str, file: file::Channel, folder: &Path) -> Result<Self, CliFault> {
        let known = ChannelName::new(name).ok_or_else(|| text::bad_channel_name(name))?;
        let table = Table(format!("notify.{name}"));
        let kind = table.need("kind", file.kind.as_deref(), text::CHANNEL_KINDS)?;
        let Some((kind, keys)) = KINDS.iter().find(|(known, _)| *known == kind) else {
            return Err(table.bad("kind", text::CHANNEL_KINDS));
        };
        if let Some(key) = file.keys().find(|key| !keys.contains(key)) {
            return Err(text::foreign_channel_key(&table.0, key, kind, keys));
        }
        let form = table.form(kind, file, folder)?;
        Ok(Self { name: known, table, form })
    }

    pub(super) const fn name(&self) -> &ChannelName {
        &self.name
    }

    pub(super) fn bad_url(&self, reason: &dyn fmt::Display) -> CliFault {
        text::bad_channel_url(&self.table.0, reason)
    }

    /// With its secrets, which are read now.
    pub(super) fn channel(&self) -> Result<Channel, CliFault> {
        let table = &self.table;
        let key = |key: &'static str| move |fault: ChannelFault| table.bad(key_of(fault, key), &fault.to_string());
        let token = |source| table.needed_secret("token", source);
        Ok(match &self.form {
            Form::Command(words) => {
                let (program, arguments) = words.split_first().ok_or_else(|| key("command")(ChannelFault::Program))?;
                Channel::Command(Command::new(program, arguments.to_vec()).map_err(key("command"))?)
            }
            Form::Email(mail) => Channel::Email(Email::new(mail.settings(table)?).map_err(key("password"))?),
            Form::Gotify { url, token: source } => {
                Channel::Gotify(Gotify::new(url.clone(), &token(source)?).map_err(key("token"))?)
            }
            Form::Ntfy { url, token } => {
                let token = token.read(&table.0, "token")?;
                Channel::Ntfy(Ntfy::new(url.clone(), token.as_ref()).map_err(key("token"))?)
            }
            Form::Telegram { url, token: source, chat } => {
                Channel::Telegram(Telegram::new(url.clone(), token(source)?, chat).map_err(key("token"))?)
            }
            Form::Webhook { url, secret, old_secret } => {
                let current = SigningSecret::new(&table.needed_secret("secret", secret)?).map_err(key("secret"))?;
                let old = old_secret.read(&table.0, "old_secret")?;
                let old = old.map(|old| SigningSecret::new(&old).map_err(key("old_secret"))).transpose()?;
                Channel::Webhook(Webhook::new(url.clone(), current, old).map_err(key("secret"))?)
            }
        })
    }
}

/// Which key a fault is about, where the fault itself tells it; else the one that was being read.
const fn key_of(fault: ChannelFault, secret: &'static str) -> &'static str {
    match fault {
        ChannelFault::Chat => "chat",
        ChannelFault::Credentials | ChannelFault::Topic | ChannelFault::Url => "url",
        ChannelFault::From => "from",
        ChannelFault::Host => "host",
        ChannelFault::Plain => "security",
        ChannelFault::Program => "command",
        ChannelFault::Secret | ChannelFault::Token => secret,
        ChannelFault::To => "to",
        ChannelFault::User => "user",
    }
}

impl Mail {
    fn settings(&self, table: &Table) -> Result<EmailSettings, CliFault> {
        let credentials = match &self.user {
            Some(user) => Some((user.clone(), table.needed_secret("password", &self.password)?)),
            None => None,
        };
        Ok(EmailSettings {
            host: self.host.clone(),
            port: self.port,
            security: self.security,
            credentials,
            from: self.from.clone(),
            to: self.to.clone(),
        })
    }
}

impl Table {
    fn form(&self, kind: &str, file: file::Channel, folder: &Path) -> Result<Form, CliFault> {
        let secret = |key, bare, env, file| Source::find(&self.0, key, Keys { bare, env, file }, folder);
        let given = |key, source: Source| match source {
            Source::None => Err(self.missing_secret(key)),
            source => Ok(source),
        };
        let token = |file: (Option<Secret>, Option<String>, Option<String>)| secret("token", file.0, file.1, file.2);
        Ok(match kind {
            "command" => Form::Command(self.need("command", file.command, text::CHANNEL_COMMAND)?),
            "email" => Form::Email(Box::new(self.mail(file, folder)?)),
            "gotify" => Form::Gotify {
                url: self.needed_url(file.url)?,
                token: given("token", token((file.token, file.token_env, file.token_file))?)?,
            },
            "ntfy" => Form::Ntfy {
                url: self.needed_url(file.url)?,
                token: token((file.token, file.token_env, file.token_file))?,
            },
            "telegram" => Form::Telegram {
                url: file.url.map(|url| self.url(&url)).transpose()?,
                token: given("token", token((file.token, file.token_env, file.token_file))?)?,
                chat: self.need("chat", file.chat, text::CHANNEL_CHAT)?,
            },
            _ => Form::Webhook {
                url: self.needed_url(file.url)?,
                secret: given("secret", secret("secret", file.secret, file.secret_env, file.secret_file)?)?,
                old_secret: secret("old_secret", file.old_secret, file.old_secret_env, file.old_secret_file)?,
            },
        })
    }

    fn mail(&self, file: file::Channel, folder: &Path) -> Result<Mail, CliFault> {
        let keys = Keys { bare: file.password, env: file.password_env, file: file.password_file };
        let password = Source::find(&self.0, "password", keys, folder)?;
        match (&file.user, &password) {
            (Some(_), Source::None) => return Err(self.missing_secret("password")),
            (None, Source::Configuration(_) | Source::File(_) | Source::Variable(_)) => {
                return Err(text::missing_key(&self.0, "user", text::CHANNEL_USER));
            }
            _ => {}
        }
        Ok(Mail {
            host: self.need("host", file.host, text::CHANNEL_HOST)?,
            port: file.port,
            security: match file.security.as_deref() {
                None | Some("tls") => Security::Tls,
                Some("starttls") => Security::StartTls,
                Some("none") => Security::None,
                Some(_) => return Err(self.bad("security", text::CHANNEL_SECURITY)),
            },
            user: file.user,
            password,
            from: self.need("from", file.from, text::CHANNEL_MAILBOX)?,
            to: self.need("to", file.to, text::CHANNEL_MAILBOX)?,
        })
    }

    fn need<T>(&self, key: &str, value: Option<T>, hint: &'static str) -> Result<T, CliFault> {
        value.ok_or_else(|| text::missing_key(&self.0, key, hint))
    }

    fn needed_url(&self, text: Option<String>) -> Result<Url, CliFault> {
        self.need("url", text, text::CHANNEL_URL).and_then(|text| self.url(&text))
    }

    fn url(&self, text: &str) -> Result<Url, CliFault> {
        Url::parse(text).map_err(|_| self.bad("url", text::NOT_A_WEB_ADDRESS))
    }

    fn needed_secret(&self, key: &str, source: &Source) -> Result<Secret, CliFault> {
        source.read(&self.0, key)?.ok_or_else(|| self.missing_secret(key))
    }

    fn missing_secret(&self, key: &str) -> CliFault {
        text::missing_key(&self.0, &format!("{key}_env"), text::CHANNEL_SECRET)
    }

    fn bad(&self, key: &str, reason: &str) -> CliFault {
        text::bad_channel_key(&self.0, key, reason)
    }
}

impl file::Channel {
    /// The keys that are set, but for `kind`.
    fn keys(&self) -> impl Iterator<Item = &'static str> {
        let keys = [
            ("chat", self.chat.is_some()),
            ("command", self.command.is_some()),
            ("from", self.from.is_some()),
            ("host", self.host.is_some()),
            ("old_secret", self.old_secret.is_some()),
            ("old_secret_env", self.old_secret_env.is_some()),
            ("old_secret_file", self.old_secret_file.is_some()),
            ("password", self.password.is_some()),
            ("password_env", self.password_env.is_some()),
            ("password_file", self.password_file.is_some()),
            ("port", self.port.is_some()),
            ("secret", self.secret.is_some()),
            ("secret_env", self.secret_env.is_some()),
            ("secret_file", self.secret_file.is_some()),
            ("security", self.security.is_some()),
            ("to", self.to.is_some()),
            ("token", self.token.is_some()),
            ("token_env", self.token_env.is_some()),
            ("token_file", self.token_file.is_some()),
            ("url", self.url.is_some()),
            ("user", self.user.is_some()),
        ];
        keys.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key)
    }
}

impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configured").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
