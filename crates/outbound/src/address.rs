//! Owns the rule for base URLs from the configuration: https, or plain http to this machine.

use thiserror::Error;
use url::{Host, Url};

/// Why a base URL was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressFault {
    /// It carries a user name or password.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// Neither https nor http.
    #[error("it must begin with https://")]
    Scheme,
    /// Plain http to another machine.
    #[error("plain http is only allowed to 127.0.0.0/8, [::1] and localhost")]
    Plain,
}

/// Whether requests with tokens may go to URLs under `base`.
pub fn check_base_url(base: &Url) -> Result<(), AddressFault> {
    if !base.username().is_empty() || base.password().is_some() {
        return Err(AddressFault::Credentials);
    }
    match base.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(base) => Ok(()),
        "http" => Err(AddressFault::Plain),
        _ => Err(AddressFault::Scheme),
    }
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
