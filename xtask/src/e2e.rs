//! `cargo xtask e2e`: the binary against servers that others wrote, and in its own sandbox, with a real browser in between.
//!
//! What the servers need lies below `target/e2e/` and comes down once; Debian's packages are asked for, never installed. Every address is
//! on loopback, every port a free one, and whatever is started ends with us.

mod browser;
mod child;
mod clock;
mod flow;
mod install;
mod program;
mod server;
mod wire;

use std::cell::Cell;
use std::rc::Rc;

use flow::{FLOWS, Flow};
use server::World;

use crate::process;
use crate::step::{self, Failure};

pub(crate) fn help() -> String {
    let mut text = String::from(
        "Starts oidc-provider, django-oauth-toolkit and a Rails application on Doorkeeper that answers like a Mastodon server,\n\
         runs the flows whose name begins with FLOW, or all: our binary logs in, a headless Chromium signs in and allows or\n\
         declines, and the token is tried at the server. `plain` flows try the server alone, without our binary.\n\
         docs/e2e.md says what must be installed. Logs are in target/e2e/log/.\n\nFlows:\n",
    );
    for Flow { name, shows, .. } in FLOWS {
        text.push_str(&format!("  {name:<24}{shows}\n"));
    }
    text
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let chosen: Vec<&Flow> = FLOWS
        .iter()
        .filter(|flow| arguments.is_empty() || arguments.iter().any(|word| flow.answers_to(word)))
        .collect();
    if let Some(word) = arguments.iter().find(|word| !FLOWS.iter().any(|flow| flow.answers_to(word))) {
        return Err(Failure::new(format!("there is no flow `{word}`"), "see `cargo xtask help e2e`"));
    }
    install::prepare()?;
    if chosen.iter().any(|flow| !flow.is_plain()) {
        process::run(&mut process::cargo(["build", "--locked", "-p", "grantkeep"]), "mend the build: see above")?;
    }
    let world = Rc::new(World::start(&chosen)?);
    let passed = Rc::new(Cell::new(0));
    let steps = chosen.iter().map(|flow| {
        let (flow, world, passed) = (**flow, Rc::clone(&world), Rc::clone(&passed));
        let step: step::Step<'_> = (flow.name, Box::new(move || try_out(flow, &world, &passed)));
        step
    });
    let outcome = step::run_all("e2e", steps);
    eprintln!("\ntotal: {} passed, {} failed", passed.get(), chosen.len() - passed.get());
    outcome
}

fn try_out(flow: Flow, world: &World, passed: &Cell<usize>) -> step::Verdict {
    (flow.run)(world).map_err(|finding| {
        Failure::new(
            finding,
            "what the servers said is in target/e2e/log/; `cargo xtask e2e plain` tries them without us",
        )
    })?;
    passed.set(passed.get() + 1);
    Ok(flow.shows.to_owned())
}
