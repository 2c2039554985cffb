//! Owns telling a person by mail: SMTP (RFC 5321) with TLS from the first byte or by STARTTLS, never opportunistic; plain to this machine only.
//!
//! The library writes every header and encodes what is in it; nothing of a message becomes a header but the cleaned title. The mail is plain
//! text. A repetition has the same Message-ID, so that mail programs show it once.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    time::{Duration, SystemTime},
};

use grantkeep_core::{Secret, Timestamp};
use lettre::{
    message::{
        Mailbox, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::timeout;
use url::Host;

use crate::{ChannelFault, Delivery, Message, Text};

/// How long a server may take for everything, from its name to its receipt.
const LIMIT: Duration = Duration::from_secs(30);

/// How long we wait for each address of a server.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long we wait for a server to say goodbye. It has the mail.
const QUIT_LIMIT: Duration = Duration::from_secs(1);

/// A person with a mailbox, and the server that takes our mail.
#[derive(Debug)]
pub struct Email {
    host: Host,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    from: Mailbox,
    to: Mailbox,
    limit: Duration,
}

/// What the configuration says about mail.
#[derive(Debug)]
pub struct EmailSettings {
    /// Name or address of the server, without a port.
    pub host: String,
    /// Its port; the usual one of `security` if none.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// User and password, where the server wants them.
    pub credentials: Option<(String, Secret)>,
    /// Whom mails are from: `Name <name@example.org>`, or the address alone.
    pub from: String,
    /// Whom they are for, in the same form.
    pub to: String,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: this machine only.
    None,
    /// By STARTTLS (RFC 3207), without which nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

impl Security {
    const fn usual_port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

impl Email {
    /// A mailbox as it is configured.
    pub fn new(settings: EmailSettings) -> Result<Self, ChannelFault> {
        let host = host(&settings.host).ok_or(ChannelFault::Host)?;
        if settings.security == Security::None && !is_here(&host) {
            return Err(ChannelFault::Plain);
        }
        Ok(Self {
            host,
            port: settings.port.unwrap_or(settings.security.usual_port()),
            security: settings.security,
            credentials: settings.credentials.map(credentials).transpose()?,
            from: mailbox(&settings.from).ok_or(ChannelFault::From)?,
            to: mailbox(&settings.to).ok_or(ChannelFault::To)?,
            limit: LIMIT,
        })
    }

    pub(crate) async fn deliver(&self, message: &Message, now: Timestamp) -> Delivery {
        let Ok(mail) = self.mail(message, now) else { return Delivery::Refused("unwritable") };
        match timeout(self.limit, self.hand_over(&mail)).await {
            Ok(Ok(mut connection)) => {
                // Whether the farewell works does not matter.
                let _ = timeout(QUIT_LIMIT, connection.quit()).await;
                Delivery::Delivered
            }
            Ok(Err(delivery)) => delivery,
            Err(_) => Delivery::later("timeout"),
        }
    }

    /// The mail as it is sent.
    fn mail(&self, message: &Message, now: Timestamp) -> Result<lettre::Message, lettre::error::Error> {
        let text = Text::english(message, now);
        let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.unix()).unwrap_or(0));
        lettre::Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(text.title)
            .date(sent_at)
            .message_id(Some(format!("<{}@{}>", message.id.as_str(), self.from.email.domain())))
            // No holiday replies, please (RFC 3834 §5).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text.body.expose().to_owned()))
    }

    /// The connection, once the server has taken the mail.
    async fn hand_over(&self, mail: &lettre::Message) -> Result<AsyncSmtpConnection, Delivery> {
        let hello = ClientId::default();
        let tls = match self.security {
            Security::None => None,
            Security::StartTls | Security::Tls => {
                Some(TlsParameters::new(self.server_name()).map_err(|_| Delivery::later("no_tls"))?)
            }
        };
        let (first, then) = if self.security == Security::Tls { (tls, None) } else { (None, tls) };
        let server = (self.address(), self.port);
        let connected = AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_LIMIT), &hello, first, None).await;
        let mut connection = connected.map_err(|_| Delivery::later("unreachable"))?;
        if let Some(tls) = then {
            connection.starttls(tls, &hello).await.map_err(|_| Delivery::later("no_tls"))?;
        }
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| refused(&error, "unauthorized"))?;
        }
        connection.send(mail.envelope(), &mail.formatted()).await.map_err(|error| refused(&error, "refused"))?;
        Ok(connection)
    }

    /// As it stands in the server's certificate.
    fn server_name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// As it is connected to. RFC 6761 §6.3: localhost is this machine, whatever a name server says.
    fn address(&self) -> String {
        let name = self.server_name();
        if name == "localhost" { Ipv4Addr::LOCALHOST.to_string() } else { name }
    }
}

/// A permanent no (5yz, RFC 5321 §4.2.1) is one; all else may change.
fn refused(error: &Error, word: &'static str) -> Delivery {
    if error.is_permanent() { Delivery::Refused(word) } else { Delivery::later(word) }
}

fn host(text: &str) -> Option<Host> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(Host::Ipv6(address));
    }
    Host::parse(text).ok()
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    let one_line = !text.contains(char::is_control);
    text.parse().ok().filter(|_| one_line)
}

fn credentials((user, password): (String, Secret)) -> Result<Credentials, ChannelFault> {
    let has_word = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    match (has_word(&user), has_word(password.expose())) {
        (false, _) => Err(ChannelFault::User),
        (true, false) => Err(ChannelFault::Token),
        (true, true) => Ok(Credentials::new(user, password.expose().to_owned())),
    }
}

#[cfg(test)]
mod tests;
