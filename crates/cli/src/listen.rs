//! Owns the binding of addresses: the one that a URL names, and the same port of the other loopback family, so that no other
//! program can wait there for what is meant for us (RFC 8252 §7.3: `localhost` may mean either).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::TcpListener;
use url::{Host, Url};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// An address that is not to be had, and why.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) address: SocketAddr,
    pub(crate) kind: io::ErrorKind,
}

/// Binds where `url` leads on this machine. `held` are addresses that are ours already. None: it leads elsewhere.
pub(crate) async fn at(url: &Url, held: &[SocketAddr]) -> Option<Result<Vec<TcpListener>, Taken>> {
    let port = url.port_or_known_default().filter(|_| url.scheme() == "http")?;
    Some(match url.host()? {
        Host::Domain("localhost") => both(port, held).await,
        Host::Domain(_) => return None,
        Host::Ipv4(Ipv4Addr::LOCALHOST) => first_of(V4, Some(V6), port, held).await,
        Host::Ipv6(Ipv6Addr::LOCALHOST) => first_of(V6, Some(V4), port, held).await,
        Host::Ipv4(ip) => first_of(ip.into(), None, port, held).await,
        Host::Ipv6(ip) => first_of(ip.into(), None, port, held).await,
    })
}

/// `localhost`: a browser may try either family, so both must be ours, unless this machine has only one.
async fn both(port: u16, held: &[SocketAddr]) -> Result<Vec<TcpListener>, Taken> {
    let mut bound = Vec::new();
    let mut absent = None;
    for ip in [V4, V6] {
        match bind(ip, port, held).await {
            Ok(listener) => bound.push(listener),
            Err(taken) if matches!(taken.kind, io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
                return Err(taken);
            }
            Err(taken) => absent = Some(taken),
        }
    }
    match (bound.is_empty(), absent) {
        (true, Some(taken)) => Err(taken),
        _ => Ok(bound.into_iter().flatten().collect()),
    }
}

/// The one that the URL names, and the other if it is to be had: whoever holds that does no harm, for nobody is sent there.
async fn first_of(
    named: IpAddr,
    other: Option<IpAddr>,
    port: u16,
    held: &[SocketAddr],
) -> Result<Vec<TcpListener>, Taken> {
    let mut bound = Vec::from_iter(bind(named, port, held).await?);
    if let Some(other) = other {
        bound.extend(bind(other, port, held).await.unwrap_or_default());
    }
    Ok(bound)
}

/// None: it is ours already.
async fn bind(ip: IpAddr, port: u16, held: &[SocketAddr]) -> Result<Option<TcpListener>, Taken> {
    let address = SocketAddr::new(ip, port);
    let covers = |held: &SocketAddr| {
        let everywhere = held.ip().is_unspecified() && (held.is_ipv6() || ip.is_ipv4());
        held.port() == port && (held.ip() == ip || everywhere)
    };
    if held.iter().any(covers) {
        return Ok(None);
    }
    TcpListener::bind(address).await.map(Some).map_err(|error| Taken { address, kind: error.kind() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A port that is free in both families.
    async fn free() -> u16 {
        let listener = TcpListener::bind((V4, 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    }

    fn url(host: &str, port: u16) -> Url {
        Url::parse(&format!("http://{host}:{port}/callback")).unwrap()
    }

    #[tokio::test]
    async fn both_families_are_held() {
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            let port = free().await;
            let has_v6 = TcpListener::bind((V6, 0)).await.is_ok();
            let Some(bound) = at(&url(host, port), &[]).await else { panic!("{host} leads here") };
            if host != "[::1]" || has_v6 {
                assert_eq!(bound.unwrap().len(), 1 + usize::from(has_v6), "{host}");
            }
        }
    }

    #[tokio::test]
    async fn what_another_program_holds_is_told() {
        let other = TcpListener::bind((V4, 0)).await.unwrap();
        let address = other.local_addr().unwrap();
        for host in ["127.0.0.1", "localhost"] {
            let taken = at(&url(host, address.port()), &[]).await.unwrap().unwrap_err();
            assert_eq!((taken.address, taken.kind), (address, io::ErrorKind::AddrInUse), "{host}");
        }
        // Our own is no other program.
        assert!(at(&url("127.0.0.1", address.port()), &[address]).await.unwrap().is_ok());
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        assert!(at(&url("localhost", address.port()), &[everywhere]).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn other_machines_are_not_ours_to_bind() {
        for place in ["https://tokens.example.org/", "http://tokens.example.org/", "https://127.0.0.1/"] {
            assert!(at(&Url::parse(place).unwrap(), &[]).await.is_none(), "{place}");
        }
    }
}
