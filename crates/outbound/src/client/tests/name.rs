//! Names: what they resolve to decides, at each connection, for each port; and failures look all the same.

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use grantkeep_core::NoAnswer;
use tokio::time::timeout;
use url::Url;

use super::{
    check,
    stage::{self, Canary, quick_to_connect},
};
use crate::{Client, Rules, resolve::Lookup};

/// Not special, but in a part of the space from which nothing has been given out: nobody is there.
const NOBODY: &str = "3000::1";

fn addresses(list: &[&str]) -> Vec<IpAddr> {
    list.iter().map(|address| address.parse().unwrap()).collect()
}

fn url(text: &str, port: u16) -> Url {
    text.replace("{port}", &port.to_string()).parse().unwrap()
}

fn allowing(entry: &str, port: u16) -> Rules {
    let mut rules = Rules::default();
    rules.allow(entry.replace("{port}", &port.to_string()).parse().unwrap());
    rules
}

#[tokio::test]
async fn a_mixed_answer_leads_nowhere() {
    let canary = Canary::start();
    let url = url("https://mast.example.org:{port}/", canary.port);
    let mut thousand = vec![NOBODY; 999];
    thousand.push("127.0.0.1");
    for answer in [vec![NOBODY, "127.0.0.1"], vec!["127.0.0.1", NOBODY], vec!["::ffff:127.0.0.1"], thousand] {
        let client = Client { lookup: stage::names_lead_to(addresses(&answer)), ..Client::default() };
        assert_eq!(client.send(check(&url)).await.unwrap_err(), NoAnswer::Unreachable);
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_leads_nowhere() {
    let canary = Canary::start();
    let url = url("https://rebind.example.org:{port}/", canary.port);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lookup = Lookup::new(move |name| {
        assert_eq!(name, "rebind.example.org");
        let answer = if counter.fetch_add(1, Ordering::SeqCst) == 0 { NOBODY } else { "127.0.0.1" };
        std::future::ready(Ok(vec![(answer.parse::<IpAddr>().unwrap(), 0).into()]))
    });
    let client = Client { lookup, ..quick_to_connect(Client::default()) };
    for times in 1..=3 {
        assert_eq!(client.send(check(&url)).await.unwrap_err(), NoAnswer::Unreachable);
        assert_eq!(asked.load(Ordering::SeqCst), times, "one look-up for one connection");
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn an_allowed_name_may_lead_inside_on_its_port_alone() {
    let (told, requests) = std::sync::mpsc::channel();
    let server = stage::serve(move |stream, request| {
        told.send(request.to_owned()).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
    });
    let port = server.port().unwrap();
    let canary = Canary::start();
    let rules = allowing("mast.example.org:{port}", port);
    let client = Client { lookup: stage::everything_is_here(), ..Client::new(rules) };

    let plain = url("http://mast.example.org:{port}/api", port);
    assert_eq!(client.send(check(&plain)).await.unwrap().status, 204);
    let request = requests.recv().unwrap();
    assert!(request.contains(&format!("\nhost: mast.example.org:{port}\r\n")), "{request}");

    for (text, expected) in [
        ("https://mast.example.org:{port}/", NoAnswer::Unreachable),
        ("http://mast.example.org:{port}/", NoAnswer::Forbidden),
        ("https://other.example.org:{port}/", NoAnswer::Unreachable),
    ] {
        assert_eq!(client.send(check(&url(text, canary.port))).await.unwrap_err(), expected, "{text}");
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn what_is_learnt_by_trying_is_told_in_one_way() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let plain = stage::serve(|stream, _| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let here = stage::everything_is_here;
    let nowhere = || Lookup::new(|_| std::future::ready(Err(io::Error::other("NXDOMAIN"))));
    let never = || Lookup::new(|_| std::future::pending());
    let nobody = || stage::names_lead_to(addresses(&[NOBODY; 1000]));
    for (what, lookup, entry, port) in [
        ("refused", here(), "mast.example.org", closed),
        ("silent", here(), "mast.example.org", silent_port),
        ("not TLS", here(), "mast.example.org", plain.port().unwrap()),
        ("leads inside", here(), "other.example.org", plain.port().unwrap()),
        ("no such name", nowhere(), "other.example.org", 443),
        ("no such name, allowed", nowhere(), "mast.example.org", 443),
        ("no address", stage::names_lead_to(Vec::new()), "other.example.org", 443),
        ("a look-up that does not end", never(), "other.example.org", 443),
        ("nobody there", nobody(), "other.example.org", 443),
    ] {
        let client = Client { lookup, ..quick_to_connect(Client::new(allowing(entry, 0))) };
        let url = url("https://mast.example.org:{port}/", port);
        let answer = timeout(Duration::from_secs(60), client.send(check(&url))).await;
        assert_eq!(answer.expect("a limit of its own").unwrap_err(), NoAnswer::Unreachable, "{what}");
    }
}

#[tokio::test]
async fn the_own_server_is_reached_and_nothing_else() {
    let server = stage::serve(|stream, _| stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"));
    let client = Client::to_own_server(&server);
    assert_eq!(client.send(check(&server.join("/api/v1").unwrap())).await.unwrap().status, 204);
    let localhost = url("http://localhost:{port}/", server.port().unwrap());
    assert_eq!(client.send(check(&localhost)).await.unwrap_err(), NoAnswer::Forbidden);
    assert_eq!(Client::to_own_server(&localhost).send(check(&localhost)).await.unwrap().status, 204);
    assert_eq!(client.send(check(&url("https://mstdn.jp/", 0))).await.unwrap_err(), NoAnswer::Forbidden);
}
