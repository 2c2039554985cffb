//! Other people's code: under which licence, from where, how much of it, and with which known holes.
//!
//! The rules are those of deny.toml, so that nobody needs cargo-deny to hear of them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{rule, spdx};
use crate::lint;
use crate::process;
use crate::step::{Failure, Verdict, judge};

const RULES: &str = "deny.toml";

/// Packages that are compiled for the binary on this machine, ours among them. Raise it when a new one earns its place.
const BUDGET: usize = 230;

pub(super) fn check() -> Verdict {
    let rules =
        std::fs::read_to_string(RULES).map_err(|error| Failure::new(format!("{RULES}: {error}"), "restore it"))?;
    let rule = |section, key, before| {
        let unreadable =
            || Failure::new(format!("{RULES} has no readable list `{key}` in [{section}]"), "one entry on a line");
        rule::list(&rules, section, key, before).ok_or_else(unreadable)
    };
    let allowed = rule("licenses", "allow", "")?;
    let banned = rule("bans", "deny", "crate =")?;

    let metadata = lint::metadata(&[])?;
    let packages: Vec<&Value> = lint::items(&metadata, "packages").collect();
    let mut findings: Vec<String> = packages.iter().flat_map(|package| faults(package, &allowed)).collect();

    let everywhere = compiled(&["--workspace", "--target", "all"])?;
    let names: BTreeSet<&str> = everywhere.iter().filter_map(|package| package.split(' ').next()).collect();
    findings.extend(
        banned.into_iter().filter(|name| names.contains(name)).map(|name| format!("{name} is banned by {RULES}")),
    );

    let count = compiled(&["--package", "grantkeep"])?.len();
    if count > BUDGET {
        findings.push(format!("the binary is made of {count} packages, more than {BUDGET}"));
    }
    if process::answers(Command::new("cargo").args(["deny", "--version"])) {
        let remedy = "see what cargo-deny says above; the rules are in deny.toml";
        process::run(&mut process::cargo(["deny", "--offline", "check", "licenses", "bans", "sources"]), remedy)?;
    }
    let note = format!("{} packages locked, {count} of {BUDGET} in the binary", packages.len());
    judge(
        findings,
        note,
        "do without the package, or argue for another rule in deny.toml (the number is in xtask/src/lint/dependency.rs)",
    )
}

/// What is wrong with one package of `cargo metadata`.
fn faults(package: &Value, allowed: &[&str]) -> Vec<String> {
    let shown = format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"));
    let mut faults = Vec::new();
    match package["license"].as_str().map(|licence| (licence, spdx::satisfied(licence, allowed))) {
        Some((_, Ok(true))) => {}
        Some((licence, Ok(false))) => faults.push(format!("{shown}: {licence} is not allowed by {RULES}")),
        Some((licence, Err(reason))) => faults.push(format!("{shown}: licence `{licence}`: {reason}")),
        None => faults.push(format!("{shown}: names no licence")),
    }
    // No source: a package of this workspace.
    if package["source"].as_str().is_some_and(|source| !source.starts_with("registry+")) {
        faults.push(format!("{shown}: does not come from the registry"));
    }
    faults
}

/// Names and versions of what is compiled, build scripts included, tests and benchmarks not.
fn compiled(selection: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let mut tree =
        process::cargo(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let printed = process::output(tree.args(selection))?;
    Ok(printed.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).filter(|line| !line.is_empty()).collect())
}

pub(super) fn check_advisories() -> Verdict {
    let Some(database) = std::env::var_os("ADVISORY_DB") else {
        return Ok("not looked at: ADVISORY_DB is not set".to_owned());
    };
    if !process::answers(Command::new("cargo").args(["audit", "--version"])) {
        return Err(Failure::new("cargo-audit is not installed", "cargo install cargo-audit --locked"));
    }
    let mut audit = process::cargo(["audit", "--no-fetch", "--stale", "--deny", "warnings", "--db"]);
    process::run(audit.arg(database), "update the package, or do without it")?;
    Ok("nothing known".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::faults;

    #[test]
    fn judges_a_package_by_licence_and_source() {
        for (licence, source, expected) in [
            (json!("MIT OR X"), json!("registry+somewhere"), None),
            (json!("MIT"), json!(null), None),
            (json!("X"), json!(null), Some("a 1.0.0: X is not allowed by deny.toml")),
            (json!("MIT OR"), json!(null), Some("a 1.0.0: licence `MIT OR`: a licence is missing at the end")),
            (json!(null), json!(null), Some("a 1.0.0: names no licence")),
            (json!("MIT"), json!("git+somewhere"), Some("a 1.0.0: does not come from the registry")),
        ] {
            let package = json!({"name": "a", "version": "1.0.0", "license": licence, "source": source});
            assert_eq!(faults(&package, &["MIT"]).first().map(String::as_str), expected, "{package}");
        }
    }
}
