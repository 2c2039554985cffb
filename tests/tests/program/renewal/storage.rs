//! Storage that fails: nothing is sent of which the answer could not be kept, an answer that has come waits for room, and all are
//! renewed when there is some.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    disk::Disk,
    home::Home,
    login::{LoginStage, Plan},
    provider::Providers,
    wait::until,
};
use serde_json::json;

use super::{ALMOST_OVER, Renewing, SOON, are_different};

/// With the data on a small disk; none where that cannot be had.
fn small(access_token_for: u64) -> Option<(Disk, Renewing)> {
    let disk = match Disk::mount("size=2m,mode=0700") {
        Ok(disk) => disk,
        Err(why) => {
            println!("NOT RUN: no small file system can be mounted here: {why}");
            return None;
        }
    };
    let providers = Providers::new();
    let plan = Plan::of(&providers);
    providers.acme.set(&json!({"access_token_for": access_token_for}));
    let stage = LoginStage::in_home(Home::new().with_data(disk.path().join("data")), providers, plan);
    let renewing = Renewing::with(stage, 3);
    Some((disk, renewing))
}

impl Renewing {
    /// Fills the disk until nothing more is stored; says with what.
    fn fill(&self, disk: &Disk) -> PathBuf {
        let ballast = disk.fill();
        let client = self.client("filler");
        let mut refused = 0;
        for number in 0..5000 {
            let token = self.stage.providers.vk.token(1);
            let reply = client.submit_as(&format!("filler-{number}"), &token.url);
            if reply.status != 200 {
                assert_eq!(reply.error_type(), "storage_full", "{}", reply.body);
                refused += 1;
            }
            if refused == 20 {
                return ballast;
            }
        }
        panic!("a full disk takes everything");
    }
}

#[test]
fn nothing_is_sent_while_the_disk_is_full() {
    const LIFETIME: u64 = 20;
    let Some((disk, renewing)) = small(LIFETIME) else { return };
    let ballast = renewing.fill(&disk);
    let (begun, mut has_ended) = (Instant::now(), 0);
    // Due after 16 s, over after 20.
    while begun.elapsed() < Duration::from_secs(LIFETIME + 2) {
        for owner in &renewing.owners {
            let forced = renewing.refresh(owner)().unwrap();
            assert_eq!((forced.status, forced.error_type().as_str()), (503, "storage_full"), "{}", forced.body);
            let status = renewing.status(owner);
            assert_eq!((&status["renews"], &status["needs_refresh"]), (&true.into(), &false.into()), "{status}");
            let reply = renewing.ask(owner, 5);
            if status["time_until_expiry_seconds"] == 0 {
                assert_eq!((reply.status, reply.error_type().as_str()), (503, "storage_full"), "{}", reply.body);
                has_ended += 1;
            }
        }
        assert_eq!(renewing.site().refreshes().len(), 0, "a refresh token was sent");
        thread::sleep(Duration::from_millis(250));
    }
    assert!(has_ended >= 3);
    fs::remove_file(ballast).unwrap();
    let begun = Instant::now();
    for owner in &renewing.owners {
        until("it is renewed", SOON, || (renewing.status(owner)["state"] == "valid").then_some(()));
        assert!(renewing.site().knows(&renewing.handed(owner)), "{owner}");
    }
    println!("with room again: all are renewed after {:?}", begun.elapsed());
    are_different(&renewing.site().refreshes());
    drop(renewing);
    drop(disk);
}

/// The refresh token is spent by then: what came for it must not be lost.
#[test]
fn an_answer_that_finds_no_room_waits_for_it() {
    let Some((disk, renewing)) = small(3600) else { return };
    renewing.token_endpoint("slow:10");
    let owner = &renewing.owners[0];
    let old = renewing.handed(owner);
    thread::scope(|scope| {
        let refresh = scope.spawn(renewing.refresh(owner));
        renewing.until_sent(1);
        let ballast = renewing.fill(&disk);
        until("the answer has come and cannot be stored", SOON, || {
            renewing.stage.server.log().contains("cannot be stored yet").then_some(())
        });
        thread::sleep(Duration::from_secs(1));
        assert!(!refresh.is_finished());
        assert_eq!(renewing.status(owner)["state"], "refreshing");
        assert_eq!(renewing.handed(owner), old, "what lives is handed out meanwhile");
        fs::remove_file(ballast).unwrap();
        assert_eq!(refresh.join().unwrap().unwrap().expect(200).json()["state"], "valid");
    });
    let new = renewing.handed(owner);
    assert!(new != old && renewing.site().knows(&new));
    assert_eq!((renewing.site().refreshes().len(), renewing.spooled()), (1, 0));
    drop(renewing);
    drop(disk);
}

/// Lets nobody write to a file, not even the superuser; whether that works here.
fn is_fixed(path: &Path, fixed: bool) -> bool {
    let status = Command::new("chattr").arg(if fixed { "+i" } else { "-i" }).arg(path).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn nothing_is_sent_when_the_database_can_only_be_read() {
    let Some((disk, mut renewing)) = small(3600) else { return };
    renewing.stage.end();
    renewing.age(ALMOST_OVER);
    let database = renewing.stage.home.file("grantkeep.db");
    for (what, ways) in [("the disk", [true, false]), ("the file", [false, true])] {
        let [of_disk, of_file] = ways;
        if of_disk {
            disk.freeze();
        }
        if of_file && !is_fixed(&database, true) {
            println!("NOT RUN with a file that can only be read: chattr does not work here");
            continue;
        }
        for owner in &renewing.owners {
            let refresh = renewing.run("refresh acme", owner);
            let codes: &[i32] = if of_disk { &[2] } else { &[4] };
            assert!(codes.contains(&refresh.code), "{what}: {} {}{}", refresh.code, refresh.out, refresh.err);
            // A token that lives may be handed out all the same.
            let token = renewing.run("token acme", owner);
            assert!([0, 2, 4].contains(&token.code), "{what}: {} {}", token.code, token.err);
            assert!(token.code != 0 || renewing.site().knows(token.out.trim_end()), "{what}");
            println!("{what}: refresh exits {}, token {}", refresh.code, token.code);
        }
        assert_eq!(renewing.site().refreshes().len(), 0, "{what}: a refresh token was sent");
        if of_disk {
            disk.thaw();
        }
        assert!(!of_file || is_fixed(&database, false));
    }
    for owner in &renewing.owners {
        let token = renewing.run("token acme", owner).done();
        assert!(renewing.site().knows(token.trim_end()), "{owner}");
        assert_eq!(renewing.row(owner).generation, 2, "{owner}");
    }
    are_different(&renewing.site().refreshes());
    drop(renewing);
    drop(disk);
}
