//! The channels by which a person is told about a credential, and nothing about when: whoever calls decides that, keeps what is to
//! be sent, and tries again.
//!
//! A [`Message`] goes over one [`Channel`] and comes to one [`Delivery`]. The HTTP channels are values, like the provider crates: a
//! request out, an answer in; [`Sender`] holds the channels and the outbound client at the edge. A message carries no secret but its
//! one-tap link. Names that come from outside are cleaned before they stand in a text, and are data everywhere else: there is no shell,
//! no markup and no header that they could break out of. What a receiver answers decides the outcome and is then forgotten: it is
//! neither logged nor shown.
//!
//! # Configuration
//!
//! Each table `[notify.NAME]` is a channel. The name is 1 to 32 of `a-z`, `0-9`, `-` and `_`, and begins with a letter or a digit. For every
//! key that ends in `_env` there is one that ends in `_file`; the secret itself may stand in the file under the bare key, with a warning.
//!
//! ```toml
//! [notify.app]
//! kind = "webhook"                              # https://www.standardwebhooks.com
//! url = "https://app.example.org/hooks/tokens"
//! secret_env = "HOOK_SECRET"                    # whsec_ and base64 of 24 to 64 bytes
//! old_secret_env = "HOOK_SECRET_OLD"            # optional: signs too, while receivers change over
//!
//! [notify.mail]
//! kind = "email"
//! host = "smtp.example.org"
//! port = 465                                    # default: 465 for "tls", 587 for "starttls", 25 for "none"
//! security = "tls"                              # default; or "starttls"; "none" to this machine only
//! user = "grantkeep@example.org"                # optional, with the password
//! password_env = "MAIL_PASSWORD"
//! from = "Grantkeep <grantkeep@example.org>"
//! to = "me@example.org"                         # one address; several people are several channels
//!
//! [notify.phone]
//! kind = "ntfy"
//! url = "https://ntfy.sh/a-topic-nobody-guesses"
//! token_env = "NTFY_TOKEN"                      # optional
//!
//! [notify.chat]
//! kind = "telegram"
//! chat = "123456789"                            # or "@channel"
//! token_env = "TELEGRAM_TOKEN"
//! url = "https://api.telegram.org"              # default
//!
//! [notify.home]
//! kind = "gotify"
//! url = "https://gotify.example.org"
//! token_env = "GOTIFY_TOKEN"
//!
//! [notify.script]
//! kind = "command"
//! command = ["/usr/local/bin/tell-me", "--urgent"]
//! ```
//!
//! Requests go through the outbound guard: name each [`Channel::address`] to its rules as configured. Then plain http reaches this machine,
//! and nothing else that is not public and https, unless `GRANTKEEP_OUTBOUND_ALLOW` says so.

mod address;
mod channel;
mod clean;
mod command;
mod delivery;
mod email;
mod gotify;
mod message;
mod ntfy;
mod payload;
mod sender;
mod telegram;
mod text;
mod webhook;

pub use channel::{Channel, ChannelFault, ChannelName};
pub use command::Command;
pub use delivery::Delivery;
pub use email::{Email, EmailSettings, Security};
pub use gotify::Gotify;
pub use message::{About, Kind, Message, MessageId, News};
pub use ntfy::Ntfy;
pub use sender::Sender;
pub use telegram::Telegram;
pub use text::Text;
pub use webhook::{SigningSecret, Webhook};
