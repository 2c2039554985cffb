//! The resolver by itself: which answers it lets through, and that it asks anew each time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const PUBLIC: &str = "3000::1";

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect()
}

async fn resolve(resolver: &Resolver, name: &str) -> Option<Vec<String>> {
    let found = resolver.resolve(name.parse().unwrap()).await.ok()?;
    Some(found.map(|address| address.ip().to_string()).collect())
}

fn always(answer: Vec<SocketAddr>, reach: Reach) -> Resolver {
    Resolver { lookup: Lookup::new(move |_| std::future::ready(Ok(answer.clone()))), reach }
}

#[tokio::test]
async fn one_address_that_is_not_public_spoils_the_answer() {
    for (answer, allowed) in [
        (vec![PUBLIC], true),
        (vec![PUBLIC, "3000::2", "1.1.1.1"], true),
        (vec![], false),
        (vec!["127.0.0.1"], false),
        (vec![PUBLIC, "127.0.0.1"], false),
        (vec!["127.0.0.1", PUBLIC], false),
        (vec![PUBLIC, "::1"], false),
        (vec![PUBLIC, "::ffff:127.0.0.1"], false),
        (vec![PUBLIC, "64:ff9b::a00:1"], false),
        (vec!["64:ff9b::101:101"], true), // what DNS64 says of a public server
        (vec![PUBLIC, "0.0.0.0"], false),
        (vec![PUBLIC, "169.254.169.254"], false),
        (vec![PUBLIC, "fe80::1"], false),
        (vec![PUBLIC, "fd00::1"], false),
    ] {
        let public = resolve(&always(addresses(&answer), Reach::Public), "mast.example.org").await;
        assert_eq!(public.is_some(), allowed, "{answer:?}");
        let anywhere = resolve(&always(addresses(&answer), Reach::Anywhere), "mast.lan").await;
        assert_eq!(anywhere.is_some(), !answer.is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn of_a_thousand_addresses_all_are_judged_and_few_are_tried() {
    let mut answer = vec![PUBLIC; 999];
    answer.push("3000::2");
    let found = resolve(&always(addresses(&answer), Reach::Public), "mast.example.org").await;
    assert_eq!(found.unwrap().len(), MOST_TRIED);
    answer[999] = "10.0.0.1";
    assert_eq!(resolve(&always(addresses(&answer), Reach::Public), "mast.example.org").await, None);
}

#[tokio::test]
async fn each_connection_is_judged_by_its_own_answer() {
    let asked = AtomicUsize::new(0);
    let lookup = Lookup::new(move |_| {
        let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        std::future::ready(Ok(addresses(&[if first { PUBLIC } else { "127.0.0.1" }])))
    });
    let resolver = Resolver { lookup, reach: Reach::Public };
    assert_eq!(resolve(&resolver, "rebind.example.org").await.unwrap(), [PUBLIC]);
    assert_eq!(resolve(&resolver, "rebind.example.org").await, None);
}

#[tokio::test]
async fn localhost_is_this_machine_whatever_a_name_server_says() {
    let resolver = always(addresses(&["192.0.2.1"]), Reach::Anywhere);
    assert_eq!(resolve(&resolver, "localhost").await.unwrap(), ["127.0.0.1", "::1"]);
    assert_eq!(resolve(&always(Vec::new(), Reach::Public), "localhost").await, None);
}

#[tokio::test]
async fn a_failed_lookup_is_no_answer() {
    let lookup = Lookup::new(|_| std::future::ready(Err(io::Error::other("SERVFAIL"))));
    for reach in [Reach::Anywhere, Reach::Public] {
        assert_eq!(resolve(&Resolver { lookup: lookup.clone(), reach }, "mast.example.org").await, None);
    }
}
