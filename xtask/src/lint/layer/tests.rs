//! Packages as `cargo metadata` shows them, one line each.

use serde_json::{Value, json};

use super::{MAY_USE, OUTSIDE, faults};

/// `grantkeep-vk: grantkeep-core dev/serde build/grantkeep-oauth` as metadata.
fn package(line: &str) -> Value {
    let (name, dependencies) = line.split_once(':').unwrap();
    let dependency = |word: &str| match word.split_once('/') {
        Some((kind, name)) => json!({"name": name, "kind": kind}),
        None => json!({"name": word, "kind": null}),
    };
    json!({"name": name, "dependencies": dependencies.split_whitespace().map(dependency).collect::<Vec<_>>()})
}

#[test]
fn judges_packages_by_the_table() {
    for (line, expected) in [
        ("grantkeep-core: url serde", None),
        ("grantkeep-core: grantkeep-seal", Some("core uses seal; it may use nothing")),
        ("grantkeep-core: dev/grantkeep-sandbox", None),
        ("grantkeep-oauth: build/grantkeep-vk", Some("oauth uses vk; it may use core")),
        ("grantkeep-vk: grantkeep-core grantkeep-oauth", None),
        ("grantkeep-vk: grantkeep-outbound", Some("vk uses outbound; it may use oauth, core")),
        ("grantkeep-server: grantkeep-store", Some("server uses store; it may use keeper, core")),
        ("grantkeep-sandbox: grantkeep-vk", Some("sandbox uses vk; it may use oauth, core")),
        ("grantkeep-store: grantkeep", Some("store uses cli; it may use core")),
        (
            "grantkeep-keeper: grantkeep-tests",
            Some("keeper uses tests; it may use notify, store, outbound, seal, vk, mastodon, oauth, core"),
        ),
        (
            "grantkeep: xtask grantkeep-fuzz",
            Some(
                "cli uses xtask; it may use server, keeper, notify, store, outbound, seal, vk, mastodon, oauth, sandbox, core",
            ),
        ),
        ("grantkeep-tests: grantkeep grantkeep-store", None),
        ("xtask: grantkeep-core", None),
        ("grantkeep-telegram: grantkeep-core", Some("telegram has no row in the table")),
        ("helpers: grantkeep-core", Some("helpers should be called grantkeep-helpers")),
    ] {
        assert_eq!(faults(&package(line)).first().map(String::as_str), expected, "{line}");
    }
}

#[test]
fn names_every_fault_of_a_package() {
    assert_eq!(faults(&package("grantkeep-seal: grantkeep-store grantkeep-core grantkeep-vk")).len(), 2);
}

#[test]
fn has_no_circle() {
    for (position, (room, allowed)) in MAY_USE.iter().enumerate() {
        let below: Vec<&str> = MAY_USE[position + 1..].iter().map(|(room, _)| *room).collect();
        for used in *allowed {
            assert!(below.contains(used), "{room} may use {used}, which does not stand below it");
            assert!(!OUTSIDE.contains(used), "{room} may use {used}");
        }
    }
}
