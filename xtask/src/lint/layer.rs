//! Who may use whom. The one table of it; docs/ARCHITECTURE.md tells why.
//!
//! Counted: normal and build dependencies. Dev-dependencies are free: tests may reach anywhere.

use serde_json::Value;

use crate::lint;
use crate::step::{Verdict, judge};

/// A room of the house, and all that it may use. What is not here may not be used by anyone.
const MAY_USE: &[(&str, &[&str])] = &[
    ("cli", &["server", "keeper", "notify", "store", "outbound", "seal", "vk", "mastodon", "oauth", "sandbox", "core"]),
    ("server", &["keeper", "core"]),
    ("keeper", &["notify", "store", "outbound", "seal", "vk", "mastodon", "oauth", "core"]),
    ("notify", &["outbound", "core"]),
    ("sandbox", &["oauth", "core"]),
    ("vk", &["oauth", "core"]),
    ("mastodon", &["oauth", "core"]),
    ("oauth", &["core"]),
    ("store", &["core"]),
    ("seal", &["core"]),
    ("outbound", &["core"]),
    ("core", &[]),
];

/// Outside the house: they may use anything, and nothing uses them.
const OUTSIDE: &[&str] = &["xtask", "tests", "fuzz"];

pub(super) fn check() -> Verdict {
    let metadata = lint::metadata(&["--no-deps"])?;
    let packages: Vec<&Value> = lint::items(&metadata, "packages").collect();
    let findings = packages.iter().flat_map(|package| faults(package)).collect();
    let remedy =
        "move the code to the room where it belongs; should the table itself change, it is in xtask/src/lint/layer.rs";
    judge(findings, format!("{} packages", packages.len()), remedy)
}

/// What is wrong with one package of `cargo metadata`.
fn faults(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let Some(room) = room(name) else { return vec![format!("{name} should be called grantkeep-{name}")] };
    if OUTSIDE.contains(&room) {
        return Vec::new();
    }
    let Some((_, allowed)) = MAY_USE.iter().find(|(from, _)| *from == room) else {
        return vec![format!("{room} has no row in the table")];
    };
    let counted = lint::items(package, "dependencies").filter(|dependency| dependency["kind"] != "dev");
    let used = counted.filter_map(|dependency| self::room(dependency["name"].as_str()?));
    let allowed_list = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    used.filter(|to| !allowed.contains(to)).map(|to| format!("{room} uses {to}; it may use {allowed_list}")).collect()
}

/// The room that a package is: `grantkeep-vk` is `vk`, and the binary is called by the product's name. None: not ours.
fn room(package: &str) -> Option<&str> {
    match package {
        "grantkeep" => Some("cli"),
        "xtask" => Some("xtask"),
        _ => package.strip_prefix("grantkeep-"),
    }
}

#[cfg(test)]
mod tests;
