//! Owns what may be wrong with an address, and the rule for base URLs from the configuration: https, or plain http to this
//! machine.

use thiserror::Error;
use url::{Host, Url};

/// Why a URL was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressFault {
    /// It carries a user name or password.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// Its host is an address of a private network, of this machine, or of another special purpose.
    #[error("it names a private or otherwise special address")]
    Inside,
    /// Its host is no name of the public internet: one label, a special ending, a dot at the end, or malformed.
    #[error("its host is not a name of the public internet")]
    Name,
    /// Plain http to another machine.
    #[error("plain http is only allowed to 127.0.0.0/8, [::1] and localhost")]
    Plain,
    /// A port that belongs to another protocol.
    #[error("its port must be 443, or 1024 and above")]
    Port,
    /// Neither https nor, where that is allowed, http.
    #[error("it must begin with https://")]
    Scheme,
    /// Requests are confined to what the configuration names, and it is not among that.
    #[error("only the addresses that are configured may be reached here")]
    Unnamed,
}

/// Whether requests with tokens may go to URLs under `base`, which comes from the operator's configuration.
pub fn check_base_url(base: &Url) -> Result<(), AddressFault> {
    refuse_credentials(base)?;
    match base.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(base) => Ok(()),
        "http" => Err(AddressFault::Plain),
        _ => Err(AddressFault::Scheme),
    }
}

pub(crate) fn refuse_credentials(url: &Url) -> Result<(), AddressFault> {
    if url.username().is_empty() && url.password().is_none() { Ok(()) } else { Err(AddressFault::Credentials) }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_stay_on_this_machine() {
        for (base, expected) in [
            ("https://api.vk.ru", Ok(())),
            ("http://127.0.0.1:8001", Ok(())),
            ("http://[::1]:8001/", Ok(())),
            ("http://localhost:8001", Ok(())),
            ("http://2130706433/", Ok(())), // 127.0.0.1 written as a number
            ("http://api.vk.ru", Err(AddressFault::Plain)),
            ("http://localhost.evil.example", Err(AddressFault::Plain)),
            ("http://[::ffff:10.0.0.1]", Err(AddressFault::Plain)),
            ("http://169.254.169.254", Err(AddressFault::Plain)),
            ("https://me:secret@api.vk.ru", Err(AddressFault::Credentials)),
            ("ftp://127.0.0.1", Err(AddressFault::Scheme)),
        ] {
            assert_eq!(check_base_url(&Url::parse(base).unwrap()), expected, "{base}");
        }
    }
}
