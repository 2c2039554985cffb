//! What happens to a token, or to the program, while a refresh token is out: asked to end, the program waits for the answer; a
//! token that is forgotten, withdrawn or replaced meanwhile does not come back.

use std::thread;

use grantkeep_tests::harness::{http::Reply, login::Kind, wait::at_once};

use super::{ALMOST_OVER, Renewing, are_different};

/// A slow provider's answer is on its way, for longer than a machine stands still.
const SLOW: &str = "slow:8";

#[test]
fn a_server_that_ends_waits_for_what_it_has_sent() {
    let mut renewing = Renewing::new(3);
    renewing.stage.end();
    renewing.age(ALMOST_OVER);
    renewing.token_endpoint(SLOW);
    renewing.stage.serve_again();
    renewing.until_sent(3);
    renewing.stage.end();
    for owner in &renewing.owners {
        let row = renewing.row(owner);
        assert_eq!((row.generation, row.is_leased), (2, false), "{owner}");
    }
    assert_eq!(renewing.spooled(), 0);
    renewing.site().mend();
    renewing.stage.serve_again();
    for owner in &renewing.owners {
        assert_eq!(renewing.status(owner)["state"], "valid", "{owner}");
        assert!(renewing.site().knows(&renewing.handed(owner)), "{owner}");
    }
    assert_eq!(renewing.site().refreshes().len(), 3, "nothing was sent again");
}

#[test]
fn a_command_that_is_stopped_waits_for_what_it_has_sent() {
    let mut renewing = Renewing::new(2);
    renewing.stage.end();
    renewing.age(ALMOST_OVER);
    renewing.token_endpoint(SLOW);
    at_once(renewing.owners.iter().zip(["token acme", "refresh acme"]).map(|(owner, line)| {
        let renewing = &renewing;
        move || {
            let running = renewing.stage.run(line).arg("--owner").arg(owner).start();
            renewing.until_sent(2);
            running.interrupt();
            running.ended().gave_up(1);
            assert_eq!(renewing.row(owner).generation, 2, "{line}");
        }
    }));
    renewing.site().mend();
    for owner in &renewing.owners {
        let token = renewing.run("token acme", owner).done();
        assert!(renewing.site().knows(token.trim_end()), "{owner}");
    }
    let sent = renewing.site().refreshes();
    assert_eq!(sent.len(), 2, "nothing was sent again");
    are_different(&sent);
}

/// The renewal goes on, or has not begun: there is no lease that nobody has.
#[test]
fn whoever_does_not_wait_leaves_nothing_half_done() {
    for _ in 0..6 {
        let mut renewing = Renewing::new(24);
        renewing.stage.end();
        // Not due yet, so that nobody but those who ask is at it.
        renewing.age(1000);
        renewing.stage.serve_again();
        // From then on the server knows where the token endpoint is, and need not ask before it takes a lease.
        renewing.refresh(&renewing.owners[0])().unwrap().expect(200);
        at_once(renewing.owners.iter().skip(1).map(|owner| {
            || {
                let path = "/api/v1/oauth/acme/token?min_ttl=3000&wait=0";
                renewing.client(owner).get(path).expect(200);
            }
        }));
        renewing.stage.end();
        let is_half_done = |owner: &&String| renewing.row(owner).is_leased;
        let half_done = renewing.owners.iter().filter(is_half_done).count();
        let renewed = renewing.generations().into_iter().filter(|generation| *generation == 2).count();
        println!("{renewed} of {} are renewed, {half_done} are leased by nobody", renewing.owners.len());
        assert_eq!((half_done, renewing.site().refreshes().len()), (0, renewed));
    }
}

/// Renews the only owner's token at a slow provider, does something meanwhile, and gives what the renewal was answered.
fn meanwhile<T>(renewing: &Renewing, work: impl FnOnce(&str) -> T) -> (Reply, T) {
    let owner = renewing.owners[0].clone();
    renewing.site().fault(&serde_json::json!({"answer": SLOW, "endpoint": "token", "times": 1}));
    thread::scope(|scope| {
        let refresh = scope.spawn(renewing.refresh(&owner));
        renewing.until_sent(1);
        let done = work(&owner);
        (refresh.join().unwrap().expect("an answer"), done)
    })
}

/// There is nothing, and there is nothing after a restart.
#[track_caller]
fn is_gone(renewing: &mut Renewing) {
    for _ in 0..2 {
        assert!(renewing.client(&renewing.owners[0]).list().is_empty());
        assert_eq!(renewing.ask(&renewing.owners[0], 600).status, 404);
        renewing.stage.crash();
    }
    assert_eq!(renewing.spooled(), 0, "an answer of a forgotten token is kept");
    assert_eq!(renewing.site().refreshes().len(), 1, "nothing was sent again");
}

#[test]
fn a_token_that_is_forgotten_meanwhile_stays_so() {
    let mut renewing = Renewing::new(1);
    let (reply, ()) = meanwhile(&renewing, |owner| {
        let id = &renewing.status(owner)["id"];
        renewing.client(owner).delete(&format!("/api/v1/credentials/{id}")).expect(204);
    });
    assert_eq!(reply.status, 404, "{}", reply.body);
    is_gone(&mut renewing);
}

#[test]
fn a_token_that_is_withdrawn_meanwhile_stays_so() {
    let mut renewing = Renewing::new(1);
    let old = renewing.handed(&renewing.owners[0]);
    let (reply, ()) = meanwhile(&renewing, |owner| {
        let id = &renewing.status(owner)["id"];
        renewing.client(owner).post_nothing(&format!("/api/v1/credentials/{id}/revoke")).expect(204);
    });
    // It waits for what was under way, and withdraws what that brought.
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(!renewing.site().knows(&old) && !renewing.site().requests("revoke").is_empty());
    is_gone(&mut renewing);
}

#[test]
fn a_login_meanwhile_stands_above_an_older_grants_renewal() {
    let mut renewing = Renewing::new(1);
    let (_, new) = meanwhile(&renewing, |owner| {
        assert_eq!(renewing.stage.log_in(owner, Kind::Acme).fate(), "done");
        renewing.handed(owner)
    });
    for _ in 0..2 {
        let owner = &renewing.owners[0];
        assert_eq!((renewing.handed(owner), renewing.row(owner).generation), (new.clone(), 2));
        assert_eq!(renewing.status(owner)["state"], "valid");
        assert!(renewing.site().knows(&new));
        renewing.stage.crash();
    }
    assert_eq!(renewing.spooled(), 0);
    // And it can be renewed: the older grant's refresh token did not take the place of its own.
    renewing.site().forget_requests();
    let reply = renewing.refresh(&renewing.owners[0])().unwrap().expect(200);
    assert_eq!(reply.json()["state"], "valid");
}
